//! The words after `strowger`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Parser;

/// What the exit codes mean, for `--help`; they are given out in [`crate::fail`].
const EXIT_CODES: &str = "Exit codes: 0 stopped as asked, 1 a part did not start, 2 wrong command line, 3 a port is taken, \
    4 the data folder cannot be written, 5 it is in use, 6 it was written by a newer version, \
    7 a program or folder is missing.";

/// Strowger on one machine: phone calls as workflows.
#[derive(Debug, Clone, Parser)]
#[command(name = "strowger", version, about, args_override_self = true, after_help = EXIT_CODES)]
pub struct Options {
    /// Folder that holds everything this platform remembers.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Port of the web client, the API and the WebSocket; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub port: u16,
    /// Port of the AWS APIs, always on the loopback address; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub aws_port: u16,
    /// Port of SIP, UDP and TCP; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 5060)]
    pub sip_port: u16,
    /// Port of S3, at the address of the web client, whose pages put and get documents there; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub s3_port: u16,
    /// Port of the practice carrier's API, always on the loopback address; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub carrier_port: u16,
    /// How fast days pass for requests, webhooks and the practice carrier: 1 is real time, 3600 an hour a second. Without it, it is 3600,
    /// and people have half an hour at least for what they are asked.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(carrier::MAX_TIME_SCALE)))]
    pub time_scale: Option<u32>,
    /// Address of the web client, SIP and media.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Print one line of JSON on standard output once ready.
    #[arg(long)]
    pub json: bool,
    /// The program that holds the functions; by default `bootstrap` beside this one.
    #[arg(long, value_name = "PATH")]
    pub bootstrap: Option<PathBuf>,
    /// Folder of the built web client.
    #[arg(long, value_name = "DIR", default_value = "web/dist")]
    pub web: PathBuf,
    /// Folder of the workflow definitions.
    #[arg(long, value_name = "DIR", default_value = "workflows/definitions")]
    pub definitions: PathBuf,
}

impl Options {
    /// The program that holds the functions.
    pub fn bootstrap_path(&self) -> PathBuf {
        self.bootstrap.clone().unwrap_or_else(|| {
            let own = std::env::current_exe().unwrap_or_default();
            own.parent()
                .unwrap_or_else(|| Path::new("."))
                .join("bootstrap")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_words_it_listens_on_loopback_only() {
        let options = Options::parse_from(["strowger"]);
        assert!(options.host.is_loopback());
        assert_eq!(
            (options.port, options.aws_port, options.sip_port),
            (8080, 0, 5060)
        );
    }

    #[test]
    fn a_time_scale_out_of_range_is_refused_with_what_is_allowed() {
        let of = |words: &[&str]| Options::parse_from(words.iter().copied()).time_scale;
        assert_eq!(of(&["strowger"]), None);
        assert_eq!(of(&["strowger", "--time-scale", "3600"]), Some(3600));
        for wrong in ["0", "1000001", "fast"] {
            let refused = Options::try_parse_from(["strowger", "--time-scale", wrong]);
            let told = refused.expect_err(wrong).to_string();
            assert!(told.contains("--time-scale"), "{told}");
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
