//! The rows that a deployment starts with, as text: what `infra/world` had when this was built. What it has put in their place since is in
//! its table `directory`, and no business of this crate.

/// Working calendars: id and text.
pub const CALENDARS: [(&str, &str); 5] = [
    ("CH", include_str!("../../../infra/world/calendars/CH.json")),
    (
        "CH-ONP",
        include_str!("../../../infra/world/calendars/CH-ONP.json"),
    ),
    ("PA", include_str!("../../../infra/world/calendars/PA.json")),
    ("SG", include_str!("../../../infra/world/calendars/SG.json")),
    ("US", include_str!("../../../infra/world/calendars/US.json")),
];

/// Requirements: country and text.
pub const REQUIREMENTS: [(&str, &str); 4] = [
    (
        "CH",
        include_str!("../../../infra/world/requirements/CH.json"),
    ),
    (
        "PA",
        include_str!("../../../infra/world/requirements/PA.json"),
    ),
    (
        "SG",
        include_str!("../../../infra/world/requirements/SG.json"),
    ),
    (
        "US",
        include_str!("../../../infra/world/requirements/US.json"),
    ),
];

/// Porting rules: country and text.
pub const PORTING: [(&str, &str); 4] = [
    ("CH", include_str!("../../../infra/world/porting/CH.json")),
    ("PA", include_str!("../../../infra/world/porting/PA.json")),
    ("SG", include_str!("../../../infra/world/porting/SG.json")),
    ("US", include_str!("../../../infra/world/porting/US.json")),
];

/// Lists of sanctions: for practice only.
pub const SANCTIONS: &str = include_str!("../../../infra/world/sanctions/practice.json");

/// Which countries want an emergency address.
pub const EMERGENCY: &str = include_str!("../../../infra/world/emergency/addresses.json");

/// What numbers cost of carriers whose interfaces tell no prices.
pub const PRICES: &str = include_str!("../../../infra/world/prices/chime.json");

/// How long steps of requests may take.
pub const TERMS: &str = include_str!("../../../infra/world/terms/requests.json");

/// What refusals mean.
pub const REJECTIONS: &str = include_str!("../../../infra/world/porting/rejections.json");
