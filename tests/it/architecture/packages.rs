//! Which package may depend on which: applies the package rules to what `cargo metadata` says. Packages are known by
//! their real names, whatever a manifest calls them.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata};

use super::{Place, Violation};

/// What one package may or must not name among its dependencies.
pub(super) struct PackageRule {
    pub(super) folder: &'static str,
    pub(super) direct: Direct,
    /// Packages that must not be reached over any number of edges either.
    pub(super) never_reached: &'static [&'static str],
    pub(super) why: &'static str,
}

/// The direct dependencies of a package, those for its tests apart.
pub(super) enum Direct {
    Only(&'static [&'static str]),
    Never(&'static [&'static str]),
}

/// One direct dependency.
pub(super) struct Edge {
    /// The folder of the package that has it, `""` for the root.
    pub(super) folder: String,
    pub(super) dependency: String,
    pub(super) for_tests: bool,
}

/// The direct dependencies of every member of the workspace.
pub(super) fn edges(metadata: &Metadata) -> Vec<Edge> {
    let mut edges = Vec::new();
    for package in metadata.workspace_packages() {
        for dependency in &package.dependencies {
            edges.push(Edge {
                folder: folder_of(metadata, package),
                dependency: dependency.name.clone(),
                for_tests: dependency.kind == DependencyKind::Development,
            });
        }
    }
    edges
}

/// Every package that each member reaches over edges that are not for tests.
pub(super) fn reached(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|p| (&p.id, p.name.to_string()))
        .collect();
    let nodes: BTreeMap<_, _> = metadata
        .resolve
        .iter()
        .flat_map(|r| &r.nodes)
        .map(|n| (&n.id, n))
        .collect();
    let mut reached = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![&package.id]);
        while let Some(id) = open.pop() {
            for edge in nodes.get(id).iter().flat_map(|node| &node.deps) {
                let built_in = edge
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal);
                if built_in && seen.insert(names[&edge.pkg].clone()) {
                    open.push(&edge.pkg);
                }
            }
        }
        reached.insert(folder_of(metadata, package), seen);
    }
    reached
}

/// The folder of a member relative to the workspace, `""` for the root.
pub(super) fn folder_of(metadata: &Metadata, package: &cargo_metadata::Package) -> String {
    let folder = package.manifest_path.parent().expect("a manifest has a folder");
    folder
        .strip_prefix(&metadata.workspace_root)
        .unwrap_or(folder)
        .to_string()
}

/// Every dependency that a rule forbids. A package is judged by the first rule that covers its folder.
pub(super) fn violations(
    edges: &[Edge],
    reached: &BTreeMap<String, BTreeSet<String>>,
    rules: &[PackageRule],
) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut judged = |folder: &str, what: Result<&PackageRule, &str>, on: String| {
        found.push(Violation {
            rule: "package",
            place: if folder.is_empty() {
                "Cargo.toml".to_owned()
            } else {
                format!("{folder}/Cargo.toml")
            },
            what: on,
            why: what.map_or_else(
                |_| "a package without a rule has no place in the layout",
                |rule| rule.why,
            ),
        });
    };
    for edge in edges {
        match rule_for(&edge.folder, rules) {
            None => judged(&edge.folder, Err(""), "no rule names this folder".to_owned()),
            Some(rule) if !allowed(edge, rule) => {
                judged(&edge.folder, Ok(rule), format!("depends on {}", edge.dependency))
            }
            Some(_) => {}
        }
    }
    for (folder, packages) in reached {
        let Some(rule) = rule_for(folder, rules) else {
            continue;
        };
        for package in rule.never_reached.iter().filter(|name| packages.contains(**name)) {
            judged(folder, Ok(rule), format!("reaches {package}"));
        }
    }
    found.dedup();
    found
}

fn rule_for<'a>(folder: &str, rules: &'a [PackageRule]) -> Option<&'a PackageRule> {
    rules.iter().find(|rule| Place(folder).is_in(rule.folder))
}

/// What only tests and benches depend on.
const FOR_TESTS: &str = "punchgate-testing";

/// Dependencies for tests are free among other people's packages; ours follow the rule in tests too.
fn allowed(edge: &Edge, rule: &PackageRule) -> bool {
    let name = edge.dependency.as_str();
    if name == FOR_TESTS {
        return edge.for_tests;
    }
    if edge.for_tests && !name.starts_with("punchgate") {
        return true;
    }
    match rule.direct {
        Direct::Only(may) => may.contains(&name),
        Direct::Never(never) => !never.contains(&name),
    }
}
