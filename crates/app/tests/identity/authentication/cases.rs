//! Who presents what, and what comes of it.

pub(super) const HUB: &str = "AribaNetworkUserId sysadmin-@.example";

/// From, To, Sender, whose secret, address, outcome.
pub(super) type Case = (
    [&'static str; 3],
    &'static str,
    Option<&'static str>,
    &'static str,
);

pub(super) const FAILED: &str = "authentication-failed";
const NOT_ALLOWED: &str = "sender-not-allowed";

pub(super) const CASES: &[Case] = &[
    // The buyer itself.
    (
        ["COUPA Initech-@", "DUNS 999-@", "COUPA Initech-@"],
        "INITECH",
        None,
        "acme-@.initech",
    ),
    (
        ["coupa Initech-@", "", "Coupa Initech-@"],
        "INITECH",
        None,
        "acme-@.initech",
    ),
    (
        ["COUPA initech-@", "DUNS 999-@", "COUPA initech-@"],
        "INITECH",
        None,
        FAILED,
    ),
    // Test or production: the secret decides, or the address; both must fit.
    (
        ["COUPA Initech-@", "DUNS 999-@", "COUPA Initech-@"],
        "INITECH_TEST",
        None,
        "acme-@.initech-test",
    ),
    (
        ["COUPA Initech-@", "DUNS 999-@", "COUPA Initech-@"],
        "INITECH",
        Some("acme-@.initech"),
        "acme-@.initech",
    ),
    (
        ["COUPA Initech-@", "DUNS 999-@", "COUPA Initech-@"],
        "INITECH",
        Some("acme-@.initech-test"),
        FAILED,
    ),
    // As the network writes it: several credentials, the hub as Sender, To of the supplier.
    (
        [
            "NetworkID AN01-@, VendorID V-77-@, PrivateID 4711",
            "NetworkID AN99-@, SystemID S1",
            HUB,
        ],
        "ACME_NET",
        None,
        "acme-@.globex",
    ),
    (
        [
            "PrivateID 4711, VendorID V-77-@, NetworkID AN01-@",
            "SystemID S1, NetworkID AN99-@",
            HUB,
        ],
        "ACME_NET",
        None,
        "acme-@.globex",
    ),
    (
        [
            "networkid an01-@",
            "NETWORKID an99-@",
            "aribanetworkuserid SYSADMIN-@.example",
        ],
        "ACME_NET",
        None,
        "acme-@.globex",
    ),
    (
        ["NetworkID AN01-@", "NetworkID AN50-@", HUB],
        "BOLT_NET",
        None,
        "bolt-@.globex",
    ),
    // To is missing or wrong: the secret or the address tells.
    (["NetworkID AN01-@", "", HUB], "BOLT_NET", None, "bolt-@.globex"),
    (
        ["NetworkID AN01-@", "DUNS 1", HUB],
        "ACME_NET",
        None,
        "acme-@.globex",
    ),
    (
        ["NetworkID AN01-@", "NetworkID AN50-@", HUB],
        "ACME_NET",
        Some("acme-@.globex"),
        "acme-@.globex",
    ),
    (
        ["NetworkID AN01-@", "NetworkID AN50-@", HUB],
        "ACME_NET",
        None,
        FAILED,
    ),
    // At Bolt V-77 is another buyer: a contradiction there, but (above) none at Acme.
    (
        ["NetworkID AN01-@, VendorID V-77-@", "NetworkID AN50-@", HUB],
        "BOLT_NET",
        None,
        FAILED,
    ),
    (
        ["DUNS 123456789-@", "NetworkID AN99-@", HUB],
        "HOOLI",
        None,
        "acme-@.hooli",
    ),
    (
        ["duns 1-2-3456789@", "NetworkID AN99-@", HUB],
        "HOOLI",
        None,
        "acme-@.hooli",
    ),
    // Credentials of different relationships.
    (
        ["NetworkID AN01-@, NetworkID AN02-@", "NetworkID AN99-@", HUB],
        "ACME_NET",
        None,
        FAILED,
    ),
    (
        [
            "NetworkID AN02-@",
            "NetworkID AN99-@",
            "AribaNetworkUserId sysadmin-@.example, COUPA Initech-@",
        ],
        "HOOLI",
        None,
        FAILED,
    ),
    // A foreign From with a valid secret of one's own, and the same without.
    (
        ["NetworkID AN02-@", "", "COUPA Initech-@"],
        "INITECH",
        None,
        NOT_ALLOWED,
    ),
    (["NetworkID AN02-@", "", "COUPA Initech-@"], "HOOLI", None, FAILED),
    (["NetworkID AN02-@", "", "COUPA Initech-@"], "WRONG", None, FAILED),
    (
        ["NetworkID AN77-@", "", "COUPA Initech-@"],
        "INITECH",
        None,
        NOT_ALLOWED,
    ),
    (
        ["NetworkID AN02-@", "", "COUPA Initech-@"],
        "INITECH",
        Some("acme-@.initech"),
        NOT_ALLOWED,
    ),
    (
        ["NetworkID AN02-@", "NetworkID AN99-@", HUB],
        "ACME_NET",
        None,
        NOT_ALLOWED,
    ),
    // Nobody, or no proof.
    (["DUNS 1-@", "", "DUNS 1-@"], "INITECH", None, FAILED),
    (["COUPA Initech-@", "", "COUPA Initech-@"], "WRONG", None, FAILED),
    (["COUPA Initech-@", "", "COUPA Initech-@"], "", None, FAILED),
    (
        ["COUPA Initech-@", "", "COUPA Initech-@"],
        "(empty)",
        None,
        FAILED,
    ),
    (["COUPA Initech-@", "", "COUPA Stranger"], "INITECH", None, FAILED),
    (["", "", "COUPA Initech-@"], "INITECH", None, FAILED),
    (["COUPA Initech-@", "", ""], "INITECH", None, FAILED),
    // The kill switch is told only to who proves itself.
    (
        ["PrivateID asleep-@", "", "PrivateID asleep-@"],
        "ASLEEP",
        None,
        "relationship-disabled",
    ),
    (
        ["PrivateID asleep-@", "", "PrivateID asleep-@"],
        "WRONG",
        None,
        FAILED,
    ),
    // Addresses.
    (
        ["COUPA Initech-@", "", "COUPA Initech-@"],
        "INITECH",
        Some("acme-@.nobody"),
        "unknown-relationship",
    ),
    (
        ["COUPA Initech-@", "", "COUPA Initech-@"],
        "INITECH",
        Some("initech"),
        "unknown-relationship",
    ),
    (
        ["COUPA Initech-@", "", "COUPA Initech-@"],
        "INITECH",
        Some("acme-@.globex"),
        FAILED,
    ),
];
