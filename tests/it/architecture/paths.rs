//! Reads Rust sources with `syn` and says which absolute paths they name: imports (grouped, renamed, glob), paths in
//! expressions, types and attributes, and paths among a macro's tokens. Knows no rule of its own.

use std::collections::HashMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One Rust file: where it stands in the repository, the module it is, and its text.
pub(super) struct Source {
    pub(super) place: String,
    /// The crate's identifier, then the module's names: `["punchgate", "http", "console"]`.
    pub(super) module: Vec<String>,
    pub(super) text: String,
    /// Whether the whole file is compiled for tests, benches or examples only.
    pub(super) for_tests: bool,
}

/// One path as it was written, before its first segment is looked up.
pub(super) struct Occurrence {
    pub(super) module: Vec<String>,
    pub(super) path: Vec<String>,
    pub(super) glob: bool,
    pub(super) line: usize,
    pub(super) in_tests: bool,
}

/// What one module declares and imports.
#[derive(Default)]
struct Module {
    items: Vec<String>,
    imports: HashMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
    test_only: bool,
}

/// Every module of the sources that were read, by absolute path.
#[derive(Default)]
pub(super) struct Index {
    modules: HashMap<Vec<String>, Module>,
}

impl Index {
    /// Adds one file and returns the paths that it names.
    pub(super) fn read(&mut self, source: &Source) -> syn::Result<Vec<Occurrence>> {
        let file = syn::parse_file(&source.text)?;
        self.modules.entry(source.module.clone()).or_default();
        let mut reader = Reader {
            index: self,
            module: source.module.clone(),
            test_depth: usize::from(source.for_tests),
            found: Vec::new(),
        };
        reader.visit_file(&file);
        Ok(reader.found)
    }

    /// The absolute paths that an occurrence may stand for. More than one where a glob import leaves it open.
    pub(super) fn resolve(&self, occurrence: &Occurrence) -> Vec<Vec<String>> {
        self.lookup(&occurrence.module, &occurrence.path, &mut Vec::new())
    }

    /// Whether the occurrence stands in code that is compiled for tests only.
    pub(super) fn in_tests(&self, occurrence: &Occurrence) -> bool {
        occurrence.in_tests
            || (1..=occurrence.module.len()).any(|n| {
                self.modules
                    .get(&occurrence.module[..n])
                    .is_some_and(|module| module.test_only)
            })
    }

    fn lookup(
        &self,
        module: &[String],
        path: &[String],
        seen: &mut Vec<(Vec<String>, String)>,
    ) -> Vec<Vec<String>> {
        let Some(first) = path.first() else {
            return Vec::new();
        };
        match first.as_str() {
            "" => vec![path[1..].to_vec()],
            "crate" => self.follow(&join(&module[..1], &path[1..]), module, seen),
            "self" | "super" => {
                let up = usize::from(first == "super");
                let base = &module[..(module.len() - up).max(1)];
                match path.get(1).map(String::as_str) {
                    Some("super") => self.lookup(base, &path[1..], seen),
                    _ => self.follow(&join(base, &path[1..]), module, seen),
                }
            }
            "Self" => Vec::new(),
            _ => {
                let mut found = self.follow_name(module, first, &path[1..], seen);
                if found.is_empty() || !self.declares(module, first) {
                    found.push(path.to_vec()); // the name of another crate
                }
                found
            }
        }
    }

    /// Walks an absolute path through the modules that were read, replacing what is a re-export by its target.
    fn follow(
        &self,
        path: &[String],
        from: &[String],
        seen: &mut Vec<(Vec<String>, String)>,
    ) -> Vec<Vec<String>> {
        let mut found = vec![path.to_vec()];
        if path.first() != from.first() {
            return found;
        }
        for n in 1..path.len() {
            if !self.modules.contains_key(&path[..n]) {
                break;
            }
            let (module, name, rest) = (&path[..n], &path[n], &path[n + 1..]);
            if !self.declares(module, name) || self.imports(module, name) {
                found.extend(self.follow_name(module, name, rest, seen));
            }
        }
        found
    }

    fn follow_name(
        &self,
        module: &[String],
        name: &str,
        rest: &[String],
        seen: &mut Vec<(Vec<String>, String)>,
    ) -> Vec<Vec<String>> {
        let key = (module.to_vec(), name.to_owned());
        let Some(here) = self.modules.get(module) else {
            return Vec::new();
        };
        if seen.contains(&key) {
            return Vec::new();
        }
        seen.push(key);
        let mut found = Vec::new();
        if let Some(targets) = here.imports.get(name) {
            for target in targets {
                found.extend(self.lookup(module, &join(target, rest), seen));
            }
        } else if here.items.iter().any(|item| item == name) {
            found.push([module, &[name.to_owned()], rest].concat());
        } else {
            for glob in &here.globs {
                found.extend(self.lookup(
                    module,
                    &[glob.as_slice(), &[name.to_owned()], rest].concat(),
                    seen,
                ));
            }
        }
        seen.pop();
        found
    }

    fn declares(&self, module: &[String], name: &str) -> bool {
        self.modules
            .get(module)
            .is_some_and(|m| m.items.iter().any(|item| item == name) || m.imports.contains_key(name))
    }

    fn imports(&self, module: &[String], name: &str) -> bool {
        self.modules
            .get(module)
            .is_some_and(|m| m.imports.contains_key(name))
    }
}

fn join(front: &[String], back: &[String]) -> Vec<String> {
    [front, back].concat()
}

struct Reader<'a> {
    index: &'a mut Index,
    module: Vec<String>,
    test_depth: usize,
    found: Vec<Occurrence>,
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        self.index.modules.entry(self.module.clone()).or_default()
    }

    fn note(&mut self, path: Vec<String>, glob: bool, line: usize) {
        let in_tests = self.test_depth > 0;
        self.found.push(Occurrence {
            module: self.module.clone(),
            path,
            glob,
            line,
            in_tests,
        });
    }

    fn import(&mut self, tree: &syn::UseTree, mut prefix: Vec<String>) {
        match tree {
            syn::UseTree::Path(part) => {
                prefix.push(part.ident.to_string());
                self.import(&part.tree, prefix);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix.clone());
                }
            }
            syn::UseTree::Glob(star) => {
                self.note(prefix.clone(), true, star.star_token.spans[0].start().line);
                self.here().globs.push(prefix);
            }
            syn::UseTree::Name(name) => self.import_as(prefix, &name.ident, None),
            syn::UseTree::Rename(rename) => self.import_as(prefix, &rename.ident, Some(&rename.rename)),
        }
    }

    fn import_as(&mut self, mut path: Vec<String>, ident: &syn::Ident, rename: Option<&syn::Ident>) {
        if ident != "self" || path.is_empty() {
            path.push(ident.to_string());
        }
        self.note(path.clone(), false, ident.span().start().line);
        let name = rename
            .map(ToString::to_string)
            .or_else(|| path.last().cloned())
            .unwrap_or_default();
        self.here().imports.entry(name).or_default().push(path);
    }

    fn tokens(&mut self, tokens: TokenStream, prefix: &[String]) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            match &trees[at] {
                TokenTree::Group(group) => self.tokens(group.stream(), &[]),
                TokenTree::Ident(_) if !(at > 0 && is(&trees[at - 1], '.')) => {
                    at = self.token_path(&trees, at, prefix);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads `a::b::c` or `a::{b, c::d}` at `at`; returns where it ends.
    fn token_path(&mut self, trees: &[TokenTree], mut at: usize, prefix: &[String]) -> usize {
        let line = trees[at].span().start().line;
        let mut path = prefix.to_vec();
        if path.is_empty() && at > 1 && is(&trees[at - 1], ':') && is(&trees[at - 2], ':') {
            path.push(String::new());
        }
        while let Some(TokenTree::Ident(ident)) = trees.get(at) {
            path.push(ident.to_string());
            at += 1;
            let separated =
                trees.get(at).is_some_and(|t| is(t, ':')) && trees.get(at + 1).is_some_and(|t| is(t, ':'));
            if !separated {
                break;
            }
            match trees.get(at + 2) {
                Some(TokenTree::Ident(_)) => at += 2,
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.tokens(group.stream(), &path);
                    return at + 3;
                }
                Some(tree) if is(tree, '*') => {
                    self.note(path, true, line);
                    return at + 3;
                }
                _ => break,
            }
        }
        if path.len() > 1 {
            self.note(path, false, line);
        }
        at
    }
}

fn is(tree: &TokenTree, sign: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// Whether the attributes say `#[cfg(test)]`, alone or inside `all(…)`, or `#[test]`.
pub(super) fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute
            .path()
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        match (last.as_deref(), &attribute.meta) {
            (Some("test"), _) => true,
            (Some("cfg"), syn::Meta::List(list)) => {
                let text = list.tokens.to_string();
                text == "test" || (text.starts_with("all") && text.contains("test") && !text.contains("not"))
            }
            _ => false,
        }
    })
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(i) => &i.attrs,
        syn::Item::Fn(i) => &i.attrs,
        syn::Item::Impl(i) => &i.attrs,
        syn::Item::Mod(i) => &i.attrs,
        syn::Item::Static(i) => &i.attrs,
        syn::Item::Struct(i) => &i.attrs,
        syn::Item::Enum(i) => &i.attrs,
        syn::Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(i) => &i.ident,
        syn::Item::Enum(i) => &i.ident,
        syn::Item::Fn(i) => &i.sig.ident,
        syn::Item::Mod(i) => &i.ident,
        syn::Item::Static(i) => &i.ident,
        syn::Item::Struct(i) => &i.ident,
        syn::Item::Trait(i) => &i.ident,
        syn::Item::Type(i) => &i.ident,
        syn::Item::Union(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let test_only = for_tests(attributes_of(item));
        self.test_depth += usize::from(test_only);
        if let Some(name) = name_of(item) {
            self.here().items.push(name);
        }
        visit::visit_item(self, item);
        self.test_depth -= usize::from(test_only);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        let test_only = self.test_depth > 0;
        self.here().test_only |= test_only;
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let prefix = if item.leading_colon.is_some() {
            vec![String::new()]
        } else {
            Vec::new()
        };
        self.import(&item.tree, prefix);
        visit::visit_item_use(self, item);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let path = if item.ident == "self" {
            "crate".to_owned()
        } else {
            item.ident.to_string()
        };
        let rooted = if path == "crate" {
            vec![path]
        } else {
            vec![String::new(), path]
        };
        self.note(rooted.clone(), false, item.ident.span().start().line);
        if let Some((_, name)) = &item.rename {
            self.here()
                .imports
                .entry(name.to_string())
                .or_default()
                .push(rooted);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 || path.leading_colon.is_some() {
            let line = path
                .segments
                .first()
                .map_or(0, |segment| segment.ident.span().start().line);
            let mut names: Vec<String> = path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            if path.leading_colon.is_some() {
                names.insert(0, String::new());
            }
            self.note(names, false, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.tokens(invocation.tokens.clone(), &[]);
        visit::visit_macro(self, invocation);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone(), &[]);
            self.quoted_paths(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

impl Reader<'_> {
    /// `#[serde(with = "a::b")]` names a path inside a string.
    fn quoted_paths(&mut self, tokens: TokenStream) {
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => self.quoted_paths(group.stream()),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if let Ok(path) = syn::parse_str::<syn::Path>(text.trim_matches('"')) {
                        let line = literal.span().start().line;
                        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
                        if names.len() > 1 {
                            self.note(names, false, line);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
