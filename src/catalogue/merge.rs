//! The one list of models that is published, joined from the key's list, the catalogue and the table.
//!
//! Which source is believed: what may be called, the key's list, and also of what else it tells; names, kind, modalities and prices, the
//! catalogue before the table before the name of the model; context window and output limit as `limits`
//! says; tools, structured output and reasoning, the table, since nobody else tells. Features are a list
//! that forgets and does not deny: where the catalogue knows of text alone and the table of more, the
//! table counts. Each published fact names its source.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    BuiltIn, BuiltInModel, ById, EndpointTypes, KeyList, KeyModel, PublicList, PublicModel, Source, Told,
    extra::Extra,
    kind,
    limits::{Limits, limits},
    names::Names,
    routes,
};
use crate::contract::{FactSource, Model, ModelKind, ModelStatus};

/// The models of both lists, sorted by id, every id once, joined by exact id only.
///
/// Without any list it is the built-in table. With one list or both the table adds facts and no models.
pub fn merge(key_rows: Option<&KeyList>, public: Option<&PublicList>, built_in: &BuiltIn) -> Merged {
    let (no_keys, no_rows) = (ById::default(), ById::default());
    let mut keys = key_rows.map_or(&no_keys, |list| &list.models).iter().peekable();
    let mut rows = public.map_or(&no_rows, |list| &list.models).iter().peekable();
    let mut lines = built_in.lines().peekable();
    let only_lines = key_rows.is_none() && public.is_none();
    let names = Names::load();
    let mut merged = Merged::default();
    let mut facts = Facts::default();
    loop {
        // All three are sorted, so the next id stands at the front of one of them.
        let next = match only_lines {
            true => lines.peek().map(|(id, _)| *id),
            false => {
                let (key, row) = (keys.peek().map(|(id, _)| *id), rows.peek().map(|(id, _)| *id));
                key.into_iter().chain(row).min()
            }
        };
        let Some(id) = next else { return merged };
        while lines.next_if(|(line, _)| *line < id).is_some() {}
        let row = Row {
            id,
            key: keys.next_if(|(key, _)| *key == id).map(|(_, model)| model),
            public: rows.next_if(|(row, _)| *row == id).map(|(_, model)| model),
            built_in: lines.next_if(|(line, _)| *line == id).map(|(_, line)| BuiltInModel::read(line)),
            table: built_in,
            names: &names,
        };
        let mut model = row.model(&mut facts);
        model.sources = merged.source_sets.index_of(&facts);
        merged.models.push(model);
    }
}

/// The built-in list, with the status `listed`: whether a key may call them is not known.
pub fn built_in_models() -> Merged {
    merge(None, None, &BuiltIn::load())
}

/// The joined list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// Sorted by id. Each `sources` is an index into `source_sets`.
    pub models: Vec<Model>,
    /// The distinct sets of sources.
    pub source_sets: SourceSets,
}

/// The distinct sets of sources, in the order of their first use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSets(Vec<Vec<(&'static str, Source)>>);

impl SourceSets {
    fn index_of(&mut self, facts: &Facts) -> u32 {
        let index = self.0.iter().position(|known| *known == facts.0).unwrap_or_else(|| {
            self.0.push(facts.0.clone());
            self.0.len().saturating_sub(1)
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The set of this index.
    pub(crate) fn get(&self, index: u32) -> Option<&[(&'static str, Source)]> {
        self.0.get(usize::try_from(index).ok()?).map(Vec::as_slice)
    }

    /// The sets as the contract has them.
    pub fn into_contract(self) -> Vec<Vec<FactSource>> {
        let named = |(fact, source): (&str, Source)| FactSource {
            fact: fact.to_owned(),
            source: source.as_str().to_owned(),
        };
        self.0.into_iter().map(|set| set.into_iter().map(named).collect()).collect()
    }
}

/// What the three sources have on one id.
struct Row<'a> {
    id: &'a str,
    key: Option<&'a KeyModel>,
    public: Option<&'a PublicModel>,
    built_in: Option<BuiltInModel>,
    table: &'a BuiltIn,
    names: &'a Names,
}

impl<'a> Row<'a> {
    /// `facts` are those of another model, to be forgotten: their room is used again.
    fn model(&self, facts: &mut Facts) -> Model {
        facts.0.clear();
        let (status, status_source) = self.status();
        facts.name("status", status_source);
        let kind = self.kind();
        let kind = facts.keep("kind", kind).unwrap_or(ModelKind::Unknown);
        let (context_window, max_output_tokens) = self.limits();
        let mut model = Model {
            id: self.id.to_owned(),
            name: facts.keep("name", self.name()),
            vendor: facts.keep("vendor", self.vendor()),
            kind,
            status,
            retirement_date: None,
            replaced_by: None,
            aliases: Vec::new(),
            routes: self.routes(kind, facts),
            input: facts.keep("input", self.input()).unwrap_or_default(),
            output: facts.keep("output", self.output()).unwrap_or_default(),
            context_window: facts.keep("context-window", context_window),
            max_input_tokens: None,
            max_output_tokens: facts.keep("max-output-tokens", max_output_tokens),
            tools: facts.keep("tools", self.ability(Told::tools, |model| model.tools)),
            structured_output: facts.keep(
                "structured-output",
                self.ability(Told::structured_output, |model| model.structured_output),
            ),
            reasoning: facts.keep("reasoning", self.ability(Told::reasoning, |model| model.reasoning)),
            reasoning_efforts: facts.keep("reasoning-efforts", self.efforts()).unwrap_or_default(),
            price: facts.keep("price", self.price()),
            // Set by the caller, who knows the sets of the models before this one.
            sources: 0,
            extra_json: None,
        };
        model.extra_json = self.extra(status, facts);
        model
    }

    /// A key that may call a model has the last word on whether it is there.
    fn status(&self) -> (ModelStatus, Source) {
        match (self.key, self.public) {
            (Some(_), _) => (ModelStatus::Callable, Source::KeyList),
            (None, Some(row)) if row.deprecated => (ModelStatus::Deprecated, Source::Catalogue),
            (None, Some(row)) if row.upcoming => (ModelStatus::Upcoming, Source::Catalogue),
            (None, Some(_)) => (ModelStatus::Listed, Source::Catalogue),
            (None, None) => (ModelStatus::Listed, Source::BuiltIn),
        }
    }

    /// The table has only chat models, and is asked before the name is.
    fn kind(&self) -> Option<(ModelKind, Source)> {
        self.key_list(|told| told.kind).or_else(|| {
            let found = kind::kind(self.id, self.key_types(), self.public, self.names);
            let told = found.filter(|(_, source)| *source != Source::Inferred);
            told.or(self.built_in.as_ref().map(|_| (ModelKind::Chat, Source::BuiltIn))).or(found)
        })
    }

    fn routes(&self, kind: ModelKind, facts: &mut Facts) -> Vec<String> {
        let public = self.public.map(|row| row.endpoints).unwrap_or_default();
        let built_in = self.built_in.as_ref().map(|model| model.routes).unwrap_or_default();
        let (routes, sources) = routes::routes(self.id, kind, self.key_types(), public, built_in);
        sources.into_iter().for_each(|source| facts.name("routes", source));
        routes
    }

    fn limits(&self) -> (super::limits::Limit, super::limits::Limit) {
        let catalogue = self.public.map(|row| Limits {
            context_window: row.context_window,
            max_output_tokens: row.max_output_tokens,
        });
        let built_in = self.built_in.as_ref().map(|model| Limits {
            context_window: model.context_window,
            max_output_tokens: model.max_output_tokens,
        });
        let key_list = self.key.map(|model| model.told.limits);
        limits(key_list.unwrap_or_default(), catalogue.unwrap_or_default(), built_in.unwrap_or_default())
    }

    /// A row whose name only repeats the id has no name.
    fn name(&self) -> Option<(String, Source)> {
        let named = |name: &&String| *name != self.id;
        self.catalogue(|row| row.name.as_ref().filter(named).cloned())
            .or_else(|| self.built_in_fact(|model| model.name.clone()))
            .or_else(|| self.catalogue(|row| row.name.clone()))
    }

    fn vendor(&self) -> Option<(String, Source)> {
        let by_name = || self.names.vendor(self.id).map(|vendor| (vendor.to_string(), Source::Inferred));
        self.catalogue(|row| row.provider.clone()).or_else(by_name)
    }

    fn input(&self) -> Option<(Vec<String>, Source)> {
        let told = self.catalogue(|row| some(row.features.inputs()));
        let table = self.built_in_fact(|model| some(model.input.clone()));
        let forgot = |told: &[String], table: &[String]| told == ["text"] && table.len() > 1;
        let by_list = self.key_list(Told::input);
        match (told, table) {
            (told, None) if by_list.is_some() && told.as_ref().is_none_or(|(told, _)| told == &["text"]) => {
                by_list
            }
            (Some(told), Some(table)) if forgot(&told.0, &table.0) => Some(table),
            (told, table) => told.or(table),
        }
    }

    fn output(&self) -> Option<(Vec<String>, Source)> {
        self.catalogue(|row| some(row.features.outputs()))
    }

    fn efforts(&self) -> Option<(Vec<String>, Source)> {
        self.built_in_fact(|model| some(model.reasoning_efforts.clone()))
    }

    /// One source for the whole price: half of one and half of another would be nobody's.
    fn price(&self) -> Option<(crate::contract::Price, Source)> {
        self.catalogue(|row| row.pricing.price.clone())
            .or_else(|| self.built_in_fact(|model| model.price.clone()))
    }

    fn extra(&self, status: ModelStatus, facts: &Facts) -> Option<String> {
        let mut extra = self.public.map(|row| Extra::of(self.id, row)).unwrap_or_default();
        if status != ModelStatus::Callable {
            extra.told_by_status();
        }
        if let Some(model) = &self.built_in {
            for (fact, _) in facts.0.iter().filter(|(_, source)| *source == Source::BuiltIn) {
                if let Some(document) = self.table.document(model, fact) {
                    extra.built_in_sources.push((fact, document));
                }
            }
        }
        extra.json()
    }

    fn key_types(&self) -> EndpointTypes {
        self.key.map(|model| model.types).unwrap_or_default()
    }

    fn key_list<T>(&self, fact: impl FnOnce(&Told) -> Option<T>) -> Option<(T, Source)> {
        self.key.and_then(|model| fact(&model.told)).map(|fact| (fact, Source::KeyList))
    }

    /// A yes or no of the key's list, or else of the table.
    fn ability(
        &self,
        told: impl FnOnce(&Told) -> Option<bool>,
        table: impl FnOnce(&BuiltInModel) -> Option<bool>,
    ) -> Option<(bool, Source)> {
        self.key_list(told).or_else(|| self.built_in_fact(table))
    }

    fn catalogue<T>(&self, fact: impl FnOnce(&PublicModel) -> Option<T>) -> Option<(T, Source)> {
        self.public.and_then(fact).map(|fact| (fact, Source::Catalogue))
    }

    fn built_in_fact<T>(&self, fact: impl FnOnce(&BuiltInModel) -> Option<T>) -> Option<(T, Source)> {
        self.built_in.as_ref().and_then(fact).map(|fact| (fact, Source::BuiltIn))
    }
}

/// The facts published so far and their sources, by the names of the contract's fields.
#[derive(Default)]
struct Facts(Vec<(&'static str, Source)>);

impl Facts {
    fn name(&mut self, fact: &'static str, source: Source) {
        self.0.push((fact, source));
    }

    fn keep<T>(&mut self, fact: &'static str, found: Option<(T, Source)>) -> Option<T> {
        let (value, source) = found?;
        self.name(fact, source);
        Some(value)
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
