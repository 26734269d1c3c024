//! Who may do what at the console.

use punchgate_domain::operator::{Right, Role};

#[test]
fn roles_and_rights() {
    use Right::{Look, MoveWork, SwitchConnectors};
    let rows = [
        (
            Role::Owner,
            [(Look, true), (MoveWork, true), (SwitchConnectors, true)],
        ),
        (
            Role::ErpAdmin,
            [(Look, true), (MoveWork, true), (SwitchConnectors, true)],
        ),
        (
            Role::Support,
            [(Look, true), (MoveWork, true), (SwitchConnectors, false)],
        ),
        (
            Role::ReadOnly,
            [(Look, true), (MoveWork, false), (SwitchConnectors, false)],
        ),
    ];
    assert_eq!(rows.len(), Role::ALL.len());
    for (role, rights) in rows {
        for (right, expected) in rights {
            assert_eq!(role.may(right), expected, "{role}: {right:?}");
        }
    }
}
