//! `up`: from a fresh clone to a running platform.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;

use crate::programs::{self, Build};
use crate::{needs, run, web, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// Print one line of JSON on stdout once everything is ready.
    #[arg(long)]
    json: bool,
    /// The folder for everything that must survive.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The port of the web client and its API; 0 takes a free one.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// The SIP port, UDP and TCP; 0 takes a free one.
    #[arg(long, value_name = "N")]
    sip_port: Option<u16>,
    /// The port of the AWS endpoints; 0 takes a free one.
    #[arg(long, value_name = "N")]
    aws_port: Option<u16>,
    /// How fast days pass for requests, webhooks and the practice carrier: 1 is real time, 3600 an hour a second. Without it, it is 3600,
    /// and people have half an hour at least for what they are asked.
    #[arg(long, value_name = "N")]
    time_scale: Option<u32>,
    /// Build and run optimised programs.
    #[arg(long)]
    release: bool,
    /// Options of `strowger` itself, after `--`.
    #[arg(last = true, value_name = "OPTION")]
    more: Vec<String>,
}

/// Builds what changed and becomes the platform: signals and the exit code are its own from then on.
pub(crate) fn run(options: &Options) -> Result<()> {
    needs::install(needs::PLATFORM)?;
    web::ensure()?;
    let built = programs::ensure(if options.release {
        Build::Release
    } else {
        Build::Dev
    })?;

    let mut strowger = std::process::Command::new(&built.strowger);
    strowger
        .arg("--bootstrap")
        .arg(&built.bootstrap)
        .arg("--web")
        .arg(web::dist())
        .arg("--definitions")
        .arg(workspace::at("workflows/definitions"));
    if options.json {
        strowger.arg("--json");
    }
    if let Some(data) = &options.data {
        strowger.arg("--data").arg(data);
    }
    let ports = [
        ("--port", options.port),
        ("--sip-port", options.sip_port),
        ("--aws-port", options.aws_port),
    ];
    for (name, port) in ports {
        if let Some(port) = port {
            strowger.arg(name).arg(port.to_string());
        }
    }
    if let Some(scale) = options.time_scale {
        strowger.arg("--time-scale").arg(scale.to_string());
    }
    strowger.args(&options.more);
    run::say("starting");
    Err(anyhow!(strowger.exec()).context(format!("cannot start {}", built.strowger.display())))
}
