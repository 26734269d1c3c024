//! The one way in which document decoders see a document: a cursor over elements.
//!
//! Name, attributes, text, children, position, and nothing else of the tree behind, so that a streaming
//! implementation can take its place.

use std::borrow::Cow;

use roxmltree::Node;

use super::sensitive;

/// A cursor at one element. Names are matched without prefix, case-sensitively.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t>(Node<'t, 't>);

impl<'t> Element<'t> {
    pub(crate) fn root(tree: &'t roxmltree::Document<'_>) -> Self {
        Self(tree.root_element())
    }

    pub(crate) fn name(self) -> &'t str {
        self.0.tag_name().name()
    }

    pub(crate) fn parent(self) -> Option<Self> {
        self.0.parent_element().map(Self)
    }

    /// The attribute's value as written.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        self.0.attribute(name)
    }

    /// The attribute's value, trimmed; `None` if nothing is left.
    pub(crate) fn filled_attribute(self, name: &str) -> Option<&'t str> {
        self.attribute(name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// The `xml:lang` attribute, trimmed; `None` if nothing is left.
    pub(crate) fn language(self) -> Option<&'t str> {
        self.0
            .attribute(("http://www.w3.org/XML/1998/namespace", "lang"))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// Namespace (if any), name and value of every attribute.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (Option<&'t str>, &'t str, &'t str)> {
        self.0
            .attributes()
            .map(|attribute| (attribute.namespace(), attribute.name(), attribute.value()))
    }

    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        self.0.children().filter(Node::is_element).map(Self)
    }

    pub(crate) fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    pub(crate) fn has_children(self) -> bool {
        self.children().next().is_some()
    }

    /// The element and all below it, in document order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Self> {
        self.0.descendants().filter(Node::is_element).map(Self)
    }

    /// Elements and pieces of text, in document order.
    pub(crate) fn content(self) -> impl Iterator<Item = Content<'t>> {
        self.0.children().filter_map(|node| {
            if node.is_element() {
                Some(Content::Element(Self(node)))
            } else if node.is_text() {
                node.text().map(Content::Text)
            } else {
                None
            }
        })
    }

    /// The element's own character data, blanks and all; comments inside it are no part of it.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let mut pieces = self
            .0
            .children()
            .filter(Node::is_text)
            .filter_map(|node| node.text());
        let Some(first) = pieces.next() else {
            return Cow::Borrowed("");
        };
        match pieces.next() {
            None => Cow::Borrowed(first),
            Some(second) => {
                let mut whole = format!("{first}{second}");
                whole.extend(pieces);
                Cow::Owned(whole)
            }
        }
    }

    /// The text without blanks around it.
    pub(crate) fn trimmed(self) -> Cow<'t, str> {
        match self.text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    /// The trimmed text, owned; `None` if nothing is left.
    pub(crate) fn filled_text(self) -> Option<String> {
        let text = self.trimmed();
        (!text.is_empty()).then(|| text.into_owned())
    }

    /// The trimmed text of a child, owned; `None` if there is none or nothing is left.
    pub(crate) fn child_text(self, name: &str) -> Option<String> {
        self.child(name).and_then(Self::filled_text)
    }

    /// What stands between start and end tag, as it was written.
    pub(crate) fn inner_xml(self) -> &'t str {
        let source = self.0.document().input_text();
        let whole = source.get(self.0.range()).unwrap_or_default();
        let mut quote = None;
        let opened = whole.bytes().position(|byte| match quote {
            Some(open) => {
                if byte == open {
                    quote = None;
                }
                false
            }
            None if matches!(byte, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            None => byte == b'>',
        });
        let closed = whole.rfind("</");
        match (opened, closed) {
            (Some(opened), Some(closed)) => whole.get(opened + 1..closed).unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether its label (`name` of Extrinsic and Option) says that what it holds is secret.
    pub(crate) fn is_labelled_secret(self) -> bool {
        sensitive::is_labelled_element(self.name().as_bytes())
            && self
                .attribute("name")
                .is_some_and(|label| sensitive::is_secret_label(label.as_bytes()))
    }

    /// Where the element begins, in bytes of the tree's input.
    pub(crate) fn offset(self) -> usize {
        self.0.range().start
    }

    /// Names from the root to here.
    pub(crate) fn path(self) -> String {
        let mut names = vec![self.name()];
        let mut at = self;
        while let Some(parent) = at.parent() {
            names.push(parent.name());
            at = parent;
        }
        names.reverse();
        names.join("/")
    }
}

/// A piece of an element's content.
pub(crate) enum Content<'t> {
    Element(Element<'t>),
    Text(&'t str),
}
