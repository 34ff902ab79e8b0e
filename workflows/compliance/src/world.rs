//! The rows that a deployment starts with, as text: what `infra/world` had when this was built. Deployed tables may differ.

/// Working calendars: id and text.
pub const CALENDARS: [(&str, &str); 5] = [
    ("CH", include_str!("../../../infra/world/calendars/CH.json")),
    ("CH-ONP", include_str!("../../../infra/world/calendars/CH-ONP.json")),
    ("PA", include_str!("../../../infra/world/calendars/PA.json")),
    ("SG", include_str!("../../../infra/world/calendars/SG.json")),
    ("US", include_str!("../../../infra/world/calendars/US.json")),
];
