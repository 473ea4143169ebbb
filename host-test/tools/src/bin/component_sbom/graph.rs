//! Cargo's view of the crates that the component may contain: versions, licences, checksums and dependencies.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A package in the output of `cargo metadata`.
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub description: Option<String>,
    pub repository: Option<String>,
    /// SHA-256 of the package as the registry serves it.
    pub checksum: Option<String>,
    /// Ids of its normal dependencies. Macros and build scripts run on the building machine only.
    depends_on: BTreeSet<String>,
}

impl Package {
    /// The name of its folder in cargo's registry, which occurs in the paths of its source files.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// The package URL, which identifies the package in databases of vulnerabilities.
    pub fn purl(&self) -> String {
        // A version may contain a plus sign, which has to be escaped in a package URL.
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}

/// Packages by cargo's ids.
pub struct Graph {
    packages: BTreeMap<String, Package>,
    root: String,
}

impl Graph {
    /// Reads what `cargo metadata --filter-platform TARGET` prints, and the lock file for the checksums.
    pub fn read(metadata: &str, lock: &str, root: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(metadata).context("the output of cargo metadata")?;
        let checksums = checksums(lock);
        let mut edges = edges(&metadata)?;
        let mut packages = BTreeMap::new();
        let mut macros = BTreeSet::new();
        for package in list(&metadata, "packages")? {
            let id = text(package, "id").context("a package without an id")?;
            let name = text(package, "name").context("a package without a name")?;
            let version = text(package, "version").context("a package without a version")?;
            let kinds =
                list(package, "targets")?.iter().filter_map(|target| target["kind"].as_array()).flatten();
            if kinds.clone().any(|kind| kind == "proc-macro") {
                macros.insert(id.clone());
            }
            let package = Package {
                checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
                license: text(package, "license"),
                description: text(package, "description"),
                repository: text(package, "repository"),
                depends_on: edges.remove(&id).unwrap_or_default(),
                name,
                version,
            };
            packages.insert(id, package);
        }
        // Macros run in the compiler, so neither they nor their dependencies are in the component.
        packages.retain(|id, _| !macros.contains(id));
        for package in packages.values_mut() {
            package.depends_on.retain(|id| !macros.contains(id));
        }
        let own = packages.iter().find(|(_, package)| package.name == root);
        let root = own.with_context(|| format!("cargo metadata does not list {root}"))?.0.clone();
        Ok(Self { packages, root })
    }

    /// The package of the component.
    pub fn root(&self) -> Result<&Package> {
        self.packages.get(&self.root).context("the root of the graph")
    }

    /// The packages that the component declares, directly or not, without itself.
    pub fn declared(&self) -> Vec<&Package> {
        let ids = self.reach(&self.root, &|_| true);
        ids.iter().filter_map(|id| self.packages.get(id)).collect()
    }

    /// The kept packages on which a package depends. A path through a package that is not kept counts as one
    /// dependency. Otherwise nothing would explain why serde_core is in the component while serde is not.
    pub fn dependencies(&self, of: &Package, kept: &dyn Fn(&Package) -> bool) -> Vec<&Package> {
        let Some((id, _)) = self.packages.iter().find(|(_, package)| package.folder() == of.folder()) else {
            return Vec::new();
        };
        let through = |package: &Package| !kept(package);
        let ids = self.reach(id, &through);
        ids.iter().filter_map(|id| self.packages.get(id)).filter(|package| kept(package)).collect()
    }

    /// All packages that can be reached from a package. The search continues only from packages that `through` accepts.
    fn reach(&self, from: &str, through: &dyn Fn(&Package) -> bool) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(id) = open.pop() {
            for next in self.packages.get(&id).into_iter().flat_map(|package| &package.depends_on) {
                if found.insert(next.clone()) && self.packages.get(next).is_some_and(through) {
                    open.push(next.clone());
                }
            }
        }
        found
    }
}

/// Id → ids of the normal dependencies.
fn edges(metadata: &Value) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut edges = BTreeMap::new();
    for node in list(&metadata["resolve"], "nodes")? {
        let id = text(node, "id").context("a node without an id")?;
        let normal = list(node, "deps")?.iter().filter(|dependency| {
            dependency["dep_kinds"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        });
        edges.insert(id, normal.filter_map(|dependency| text(dependency, "pkg")).collect());
    }
    Ok(edges)
}

/// (name, version) → checksum of each package in a lock file.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
            Some(line.trim_end_matches('"').to_owned())
        };
        if let (Some(name), Some(version), Some(checksum)) =
            (field("name"), field("version"), field("checksum"))
        {
            found.insert((name, version), checksum);
        }
    }
    found
}

/// A list in the output of cargo metadata. A missing one is an error, since the output then has another format.
fn list<'a>(value: &'a Value, field: &str) -> Result<&'a Vec<Value>> {
    value[field].as_array().with_context(|| format!("cargo metadata has no list '{field}'"))
}

/// A text in the output, or `None` if the field is missing or null.
fn text(value: &Value, field: &str) -> Option<String> {
    value[field].as_str().map(str::to_owned)
}
