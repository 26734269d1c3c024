//! What `punchgate cxml check` prints: a document's kind, parties, lines, totals and findings.
