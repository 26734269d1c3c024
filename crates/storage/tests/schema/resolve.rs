//! SQL texts as they stand in the source: a literal, `concat!`, or a `macro_rules!` of one arm around `concat!`.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Expr, ExprLit, Item, Lit};

/// The macros of a file that make up texts: name → parameters and body.
#[derive(Default)]
pub(crate) struct TextMacros(HashMap<String, (Vec<String>, TokenStream)>);

impl TextMacros {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut macros = Self::default();
        for item in &file.items {
            let Item::Macro(item) = item else { continue };
            let Some(name) = &item.ident else { continue };
            if item.mac.path.is_ident("macro_rules")
                && let Some(arm) = only_arm(item.mac.tokens.clone())
            {
                macros.0.insert(name.to_string(), arm);
            }
        }
        macros
    }

    /// The text of an expression, if it is one that can be read here.
    pub(crate) fn text(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            Expr::Macro(call) if call.mac.path.is_ident("concat") => {
                let parts = arguments(call.mac.tokens.clone());
                parts
                    .into_iter()
                    .map(|part| self.text(&syn::parse2(part).ok()?))
                    .collect()
            }
            Expr::Macro(call) => {
                let (parameters, body) = self.0.get(&call.mac.path.get_ident()?.to_string())?;
                let given = arguments(call.mac.tokens.clone());
                let given = parameters.iter().map(String::as_str).zip(given).collect();
                let body = substitute(body.clone(), &given);
                self.text(&syn::parse2(body).ok()?)
            }
            Expr::Group(group) => self.text(&group.expr),
            Expr::Paren(paren) => self.text(&paren.expr),
            _ => None,
        }
    }
}

/// The arguments of a call, cut at its commas: expressions and, in our macros, types.
pub(crate) fn arguments(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = vec![TokenStream::new()];
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => arguments.push(TokenStream::new()),
            token => arguments.last_mut().unwrap().extend([token]),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

fn only_arm(tokens: TokenStream) -> Option<(Vec<String>, TokenStream)> {
    let mut groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    });
    let (pattern, body) = (groups.next()?, groups.next()?);
    if groups.next().is_some() || body.delimiter() != Delimiter::Brace {
        return None;
    }
    let mut parameters = Vec::new();
    let mut pattern = pattern.stream().into_iter().peekable();
    while let Some(token) = pattern.next() {
        if is_dollar(&token)
            && let Some(TokenTree::Ident(name)) = pattern.peek()
        {
            parameters.push(name.to_string());
        }
    }
    Some((parameters, body.stream()))
}

fn substitute(tokens: TokenStream, given: &HashMap<&str, TokenStream>) -> TokenStream {
    let mut written = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            token if is_dollar(&token) => {
                let Some(TokenTree::Ident(name)) = tokens.next() else {
                    continue;
                };
                if let Some(text) = given.get(name.to_string().as_str()) {
                    written.push(TokenTree::Group(Group::new(Delimiter::None, text.clone())));
                }
            }
            TokenTree::Group(group) => {
                let inner = substitute(group.stream(), given);
                written.push(TokenTree::Group(Group::new(group.delimiter(), inner)));
            }
            other => written.push(other),
        }
    }
    written.into_iter().collect()
}

fn is_dollar(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '$')
}

#[test]
fn texts_are_read_as_the_compiler_reads_them() {
    let source = r#"
        macro_rules! columns { ($before:literal, $after:literal) => { concat!($before, "a, b", $after) }; }
        fn f() { x(columns!("select ", " from t"), concat!("one ", "two"), "a \
            b", name); }
    "#;
    let file = syn::parse_file(source).unwrap();
    let macros = TextMacros::of(&file);
    let Item::Fn(function) = &file.items[1] else {
        unreachable!()
    };
    let syn::Stmt::Expr(Expr::Call(call), _) = &function.block.stmts[0] else {
        unreachable!()
    };
    let texts: Vec<_> = call.args.iter().map(|argument| macros.text(argument)).collect();
    let expected = ["select a, b from t", "one two", "a b"].map(|text| Some(text.to_owned()));
    assert_eq!(texts[..3], expected);
    assert_eq!(texts[3], None);
}
