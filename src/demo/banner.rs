//! What the demo says when it is ready: where everything is and what to click first.

use std::fmt::Write as _;

use punchgate_demo::suite::buyer::BUYERS;

use super::{Addresses, console::Console};

/// The text.
pub(super) fn banner(addresses: &Addresses, console: &Console) -> String {
    let Addresses {
        suite,
        gateway,
        shop,
        erp,
    } = addresses;
    let mut text = format!(
        "\n  Punchgate demo is ready.\n\n    Suite    {suite}      the buyers' procurement suite: start here\n    \
         Gateway  {gateway}      Punchgate itself (GET /api/openapi.json)\n    \
         Shop     {shop}      Ironquay Industrial Supply\n    \
         ERP      {erp}      Keelson: customers, holds, orders\n\n  Buyers\n"
    );
    for buyer in &BUYERS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    {:<20} {:<14} {}", buyer.name, buyer.suite, buyer.hint);
    }
    let Console {
        address,
        name,
        password,
    } = console;
    let _ = writeln!(
        text,
        "\n  Console  {address}      what the supplier's people see of the gateway\n           \
         sign in as {name} with {}",
        password.expose()
    );
    text.push_str(
        "\n  Click: open the suite, “Shop at Ironquay”, fill the cart, “Transfer cart”, then “Submit order”.\n  \
         “On the wire” at the top shows every document as it crosses. Ctrl-C ends the demo.\n",
    );
    text
}
