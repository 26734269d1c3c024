//! The one way in which document decoders see a document: a cursor over elements.
