//! The one list of models that is published, joined from the key's list, the catalogue and the built-in tables.
//!
//! Which source counts for what:
//! - What may be called is what the key's list says, and so is whatever else that list has.
//! - Names, kind, modalities and prices come from the catalogue, then the table, then the name of the model.
//! - The context window and the output limit follow the rules of `limits`.
//! - Tools, structured output, reasoning and announced ends come from the tables, since nobody else reports them.
//!
//! The catalogue's features are a list that is often incomplete and never a denial: where it has text alone and the
//! table more, the table counts. Each published fact names its source.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    BuiltIn, BuiltInModel, ById, EndpointTypes, KeyList, KeyModel, PublicList, PublicModel, RowFacts, Source,
    extra::Extra,
    facts::{Fact, Facts, SourceSets},
    kind,
    limits::{Limit, Limits, limits},
    names::Names,
    retired::{self, Retirement},
    routes,
};
use crate::contract::{Model, ModelKind, ModelStatus, Price};

/// The models of both lists, sorted by id, every id once, joined by exact id only.
///
/// Without any list it is the built-in table. With one list or both the table adds facts and no models.
pub fn merge(key_rows: Option<&KeyList>, public: Option<&PublicList>, built_in: &BuiltIn) -> Merged {
    let (no_keys, no_rows) = (ById::default(), ById::default());
    let keys = key_rows.map_or(&no_keys, |list| &list.models);
    let rows = public.map_or(&no_rows, |list| &list.models);
    let mut lines = built_in.lines().peekable();
    let mut ends = retired::lines().peekable();
    let only_lines = key_rows.is_none() && public.is_none();
    let names = Names::load();
    let mut merged = Merged::default();
    // A list that grows as it is filled would be copied several times: a model is some 400 bytes.
    merged.models.reserve(keys.len().max(rows.len()));
    let (mut keys, mut rows) = (keys.iter().peekable(), rows.iter().peekable());
    loop {
        // All of them are sorted, so the next id stands at the front of one of them.
        let next = match only_lines {
            true => lines.peek().map(|(id, _)| *id),
            false => {
                let (key, row) = (keys.peek().map(|(id, _)| *id), rows.peek().map(|(id, _)| *id));
                key.into_iter().chain(row).min()
            }
        };
        let Some(id) = next else { return merged };
        while lines.next_if(|(line, _)| *line < id).is_some() {}
        while ends.next_if(|(retired, _)| *retired < id).is_some() {}
        let built_in_model = lines.next_if(|(line, _)| *line == id).map(|(_, line)| BuiltInModel::read(line));
        let retired = ends.next_if(|(retired, _)| *retired == id).and_then(|(_, end)| retired::end(end));
        let sources = ModelSources {
            id,
            key: keys.next_if(|(key, _)| *key == id).map(|(_, model)| model),
            public: rows.next_if(|(row, _)| *row == id).map(|(_, model)| model),
            retirement: retired.or(built_in_model.as_ref().and_then(|model| model.retirement)),
            built_in: built_in_model,
            table: built_in,
            names: &names,
        };
        let (mut model, facts) = sources.model();
        model.sources = merged.source_sets.index_of(&facts);
        merged.models.push(model);
    }
}

/// The built-in list. Whether a key may call its models is not known.
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

/// What the sources have on one id.
struct ModelSources<'a> {
    id: &'a str,
    key: Option<&'a KeyModel>,
    public: Option<&'a PublicModel>,
    built_in: Option<BuiltInModel>,
    /// The end of the model, announced or past.
    retirement: Option<Retirement>,
    table: &'a BuiltIn,
    names: &'a Names,
}

impl<'a> ModelSources<'a> {
    fn model(&self) -> (Model, Facts) {
        let mut facts = Facts::default();
        let (status, status_source) = self.status();
        facts.add(Fact::Status, status_source);
        let kind = self.kind();
        let kind = facts.keep(Fact::Kind, kind).unwrap_or(ModelKind::Unknown);
        let (context_window, max_output_tokens) = self.limits();
        let max_input_tokens = self.input_limit(context_window);
        let end = |part: fn(&Retirement) -> Option<&'static str>| {
            self.retirement.as_ref().and_then(part).map(|text| (text.to_owned(), Source::BuiltIn))
        };
        let mut model = Model {
            id: self.id.to_owned(),
            name: facts.keep(Fact::Name, self.name()),
            vendor: facts.keep(Fact::Vendor, self.vendor()),
            kind,
            status,
            retirement_date: facts.keep(Fact::RetirementDate, end(|end| end.date)),
            replaced_by: facts.keep(Fact::ReplacedBy, end(|end| end.replaced_by)),
            // No source has any: the catalogue's `code` is a second spelling that cannot be called.
            aliases: Vec::new(),
            routes: self.routes(kind, &mut facts),
            input: facts.keep(Fact::Input, self.input()).unwrap_or_default(),
            output: facts.keep(Fact::Output, self.output()).unwrap_or_default(),
            context_window: facts.keep(Fact::ContextWindow, context_window),
            max_input_tokens: facts.keep(Fact::MaxInputTokens, max_input_tokens),
            max_output_tokens: facts.keep(Fact::MaxOutputTokens, max_output_tokens),
            tools: facts.keep(Fact::Tools, self.ability(RowFacts::tools, |model| model.tools)),
            structured_output: facts.keep(
                Fact::StructuredOutput,
                self.ability(RowFacts::structured_output, |model| model.structured_output),
            ),
            reasoning: facts
                .keep(Fact::Reasoning, self.ability(RowFacts::reasoning, |model| model.reasoning)),
            reasoning_efforts: facts.keep(Fact::ReasoningEfforts, self.efforts()).unwrap_or_default(),
            price: self.price(&mut facts),
            // Set by the caller, which has the sets of the models before this one.
            sources: 0,
            extra_json: None,
        };
        model.extra_json = self.extra(status, &facts);
        (model, facts)
    }

    /// A model that the key may call is there, whatever the others say. An announced end of it has fields of its own.
    fn status(&self) -> (ModelStatus, Source) {
        match (self.key, self.public) {
            (Some(_), _) => (ModelStatus::Callable, Source::KeyList),
            (None, Some(row)) if row.deprecated => (ModelStatus::Deprecated, Source::Catalogue),
            (None, Some(row)) if row.upcoming => (ModelStatus::Upcoming, Source::Catalogue),
            _ if self.retirement.is_some() => (ModelStatus::Deprecated, Source::BuiltIn),
            (None, Some(_)) => (ModelStatus::Listed, Source::Catalogue),
            (None, None) => (ModelStatus::Listed, Source::BuiltIn),
        }
    }

    /// The table has only chat models, and counts more than what a name suggests.
    fn kind(&self) -> Option<(ModelKind, Source)> {
        self.key_list(|facts| facts.kind).or_else(|| {
            let found = kind::kind(self.id, self.key_types(), self.public, self.names);
            let reported = found.filter(|(_, source)| *source != Source::Inferred);
            reported.or(self.built_in.as_ref().map(|_| (ModelKind::Chat, Source::BuiltIn))).or(found)
        })
    }

    fn routes(&self, kind: ModelKind, facts: &mut Facts) -> Vec<String> {
        let public = self.public.map(|row| row.endpoints).unwrap_or_default();
        let built_in = self.built_in.as_ref().map(|model| model.routes).unwrap_or_default();
        let (routes, sources) = routes::routes(self.id, kind, self.key_types(), public, built_in);
        sources.iter().for_each(|source| facts.add(Fact::Routes, source));
        routes
    }

    fn limits(&self) -> (Limit, Limit) {
        let catalogue = self.public.map(|row| Limits {
            context_window: row.context_window,
            max_output_tokens: row.max_output_tokens,
        });
        let built_in = self.built_in.as_ref().map(|model| Limits {
            context_window: model.context_window,
            max_output_tokens: model.max_output_tokens,
        });
        let key_list = self.key.map(|model| model.facts.limits);
        limits(key_list.unwrap_or_default(), catalogue.unwrap_or_default(), built_in.unwrap_or_default())
    }

    /// The table's, where it is less than the window that is published: one from another source may be smaller.
    fn input_limit(&self, context_window: Limit) -> Limit {
        let limit = self.built_in_fact(|model| model.max_input_tokens)?;
        context_window.is_none_or(|(window, _)| limit.0 < window).then_some(limit)
    }

    /// A row whose name only repeats the id has no name.
    fn name(&self) -> Option<(String, Source)> {
        let named = |name: &&String| *name != self.id;
        self.catalogue(|row| row.name.as_ref().filter(named).cloned())
            .or_else(|| self.built_in_fact(|model| model.name.map(ToOwned::to_owned)))
            .or_else(|| self.catalogue(|row| row.name.clone()))
    }

    fn vendor(&self) -> Option<(String, Source)> {
        let by_name = || self.names.vendor(self.id).map(|vendor| (vendor.to_string(), Source::Inferred));
        self.catalogue(|row| row.provider.clone()).or_else(by_name)
    }

    fn input(&self) -> Option<(Vec<String>, Source)> {
        let listed = self.catalogue(|row| some(row.features.inputs()));
        let table = self.built_in_fact(|model| some(model.input.clone()));
        let incomplete = |listed: &[String], table: &[String]| listed == ["text"] && table.len() > 1;
        let by_key_list = self.key_list(RowFacts::input);
        match (listed, table) {
            (listed, None)
                if by_key_list.is_some() && listed.as_ref().is_none_or(|(listed, _)| listed == &["text"]) =>
            {
                by_key_list
            }
            (Some(listed), Some(table)) if incomplete(&listed.0, &table.0) => Some(table),
            (listed, table) => listed.or(table),
        }
    }

    fn output(&self) -> Option<(Vec<String>, Source)> {
        self.catalogue(|row| some(row.features.outputs()))
    }

    fn efforts(&self) -> Option<(Vec<String>, Source)> {
        self.built_in_fact(|model| some(model.reasoning_efforts.clone()))
    }

    /// The catalogue's price, or else the table's. Half of one and half of another would be nobody's price. Where
    /// they agree on input and output they are the same price, and the table adds the rates that the catalogue
    /// never has: without those for the cache and for long requests an estimate is wrong by a factor.
    fn price(&self, facts: &mut Facts) -> Option<Price> {
        let table = self.built_in.as_ref().and_then(|model| model.price.as_ref());
        let Some(listed) = self.public.and_then(|row| row.pricing.price.as_ref()) else {
            return facts.keep(Fact::Price, table.map(|price| (price.clone(), Source::BuiltIn)));
        };
        facts.add(Fact::Price, Source::Catalogue);
        match table.filter(|table| listed.agrees_with(table)) {
            Some(table) => {
                facts.add(Fact::Price, Source::BuiltIn);
                Some(table.clone())
            }
            None => Some(listed.price()),
        }
    }

    fn extra(&self, status: ModelStatus, facts: &Facts) -> Option<String> {
        let mut extra = self.public.map(|row| Extra::of(self.id, row)).unwrap_or_default();
        if status != ModelStatus::Callable {
            extra.leave_out_status();
        }
        let table = self.built_in.as_ref().map(|model| (self.table, model));
        extra.json(table.filter(|_| facts.has_any(Source::BuiltIn)), facts)
    }

    fn key_types(&self) -> EndpointTypes {
        self.key.map(|model| model.types).unwrap_or_default()
    }

    fn key_list<T>(&self, fact: impl FnOnce(&RowFacts) -> Option<T>) -> Option<(T, Source)> {
        self.key.and_then(|model| fact(&model.facts)).map(|fact| (fact, Source::KeyList))
    }

    /// A yes or no of the key's list, or else of the table.
    fn ability(
        &self,
        listed: impl FnOnce(&RowFacts) -> Option<bool>,
        table: impl FnOnce(&BuiltInModel) -> Option<bool>,
    ) -> Option<(bool, Source)> {
        self.key_list(listed).or_else(|| self.built_in_fact(table))
    }

    fn catalogue<T>(&self, fact: impl FnOnce(&PublicModel) -> Option<T>) -> Option<(T, Source)> {
        self.public.and_then(fact).map(|fact| (fact, Source::Catalogue))
    }

    fn built_in_fact<T>(&self, fact: impl FnOnce(&BuiltInModel) -> Option<T>) -> Option<(T, Source)> {
        self.built_in.as_ref().and_then(fact).map(|fact| (fact, Source::BuiltIn))
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
