//! Programs that builds and tests call, installed from Debian's packages where they are missing.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::run;

/// One package and how to see that it is there without asking the package manager.
pub(crate) struct Need {
    package: &'static str,
    there: fn() -> bool,
}

/// For building and running the platform.
pub(crate) const PLATFORM: &[Need] = &[
    Need {
        package: "build-essential",
        there: || run::find("cc").is_some() && run::find("make").is_some(),
    },
    Need {
        package: "cmake",
        there: || run::find("cmake").is_some(),
    },
    Need {
        package: "espeak-ng",
        there: || run::find("espeak-ng").is_some(),
    },
];

/// Debian's own compiler with the standard library's source, for wasm32.
pub(crate) const WASM: &[Need] = &[
    Need {
        package: "rustc-web",
        there: || run::there("/usr/bin/rustc"),
    },
    Need {
        package: "cargo-web",
        there: || run::there("/usr/bin/cargo"),
    },
    Need {
        package: "rust-web-src",
        there: || crate::web::wasm::debian_library().is_some(),
    },
];

/// A linker for wasm32 where the Rust toolchain brings none.
pub(crate) const WASM_LINKER: &[Need] = &[Need {
    package: "lld",
    there: || run::find("wasm-ld").is_some(),
}];

/// For the tests of the voice service: a SIP user agent that plays scenarios.
pub(crate) const VOICE: &[Need] = &[Need {
    package: "sip-tester",
    there: || run::find("sipp").is_some(),
}];

/// For the end-to-end tests, beside [`VOICE`]: a browser and a SIP phone with a voice.
pub(crate) const CALLS: &[Need] = &[
    Need {
        package: "chromium",
        there: || run::there("/usr/bin/chromium"),
    },
    Need {
        package: "baresip-core",
        there: || run::find("baresip").is_some(),
    },
];

/// For the commands of the README.
pub(crate) const README: &[Need] = &[
    Need {
        package: "jq",
        there: || run::find("jq").is_some(),
    },
    Need {
        package: "curl",
        there: || run::find("curl").is_some(),
    },
];

/// For the tests of documents: a reader of PDF that is not ours.
pub(crate) const DOCUMENTS: &[Need] = &[Need {
    package: "poppler-utils",
    there: || run::find("pdftoppm").is_some() && run::find("pdftotext").is_some(),
}];

/// For clients from PyPI: Debian's interpreter makes environments only with a package of its own.
pub(crate) const PYTHON: &[Need] = &[
    Need {
        package: "python3",
        there: || run::find("python3").is_some(),
    },
    Need {
        package: "python3-venv",
        there: || {
            run::program("python3")
                .args(["-c", "import venv, ensurepip"])
                .output()
                .is_ok_and(|ended| ended.status.success())
        },
    },
];

/// How often apt is asked before giving up.
const ATTEMPTS: u32 = 3;

/// Installs what is missing; does nothing, at once, when all is there.
pub(crate) fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<&str> = needs
        .iter()
        .filter(|need| !(need.there)())
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if run::find("apt-get").is_none() {
        bail!(
            "missing on this machine: {}. Install them with its package manager",
            missing.join(", ")
        );
    }
    run::say(format!("installing {}", missing.join(", ")));
    refresh()?;
    let mut words = vec!["install", "--yes", "-qq", "--no-install-recommends"];
    words.extend(&missing);
    apt(&words).with_context(|| format!("cannot install {}", missing.join(", ")))?;
    match needs.iter().find(|need| !(need.there)()) {
        Some(need) => bail!("{} is installed and still not found in PATH", need.package),
        None => Ok(()),
    }
}

/// Whether apt knows a package that can be installed.
pub(crate) fn offered(package: &str) -> bool {
    if run::find("apt-cache").is_none() || refresh().is_err() {
        return false;
    }
    run::output(run::program("apt-cache").args(["policy", package])).is_ok_and(|text| {
        text.lines()
            .any(|line| line.contains("Candidate:") && !line.contains("(none)"))
    })
}

/// Reads the package lists anew, once in a run.
fn refresh() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    match DONE.get_or_init(|| apt(&["update", "-qq"]).is_ok()) {
        true => Ok(()),
        false => bail!("`apt-get update` failed"),
    }
}

fn apt(words: &[&str]) -> Result<()> {
    let mut last = Ok(());
    for attempt in 1..=ATTEMPTS {
        last = run::quietly(&mut apt_get(words));
        if last.is_ok() {
            return last;
        }
        if attempt < ATTEMPTS {
            run::say("apt-get failed, trying again");
            std::thread::sleep(Duration::from_secs(u64::from(attempt) * 5));
        }
    }
    last
}

fn apt_get(words: &[&str]) -> Command {
    // Root installs; anyone else needs sudo that asks nothing.
    let root = run::output(run::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root {
        run::program("apt-get")
    } else {
        let mut sudo = run::program("sudo");
        sudo.args(["-n", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    };
    command
        .args([
            "-o",
            "Acquire::Retries=3",
            "-o",
            "DPkg::Lock::Timeout=600",
            "-o",
            "Dpkg::Use-Pty=0",
        ])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
