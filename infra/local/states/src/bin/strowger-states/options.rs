//! The words after `strowger-states`.

use std::path::PathBuf;

use clap::Parser;

/// What the exit codes mean; they are given out in [`crate::run::Failure::code`].
const EXIT_CODES: &str = "Exit codes: 0 stopped as asked, 1 something else, 2 wrong command line, 3 the port is taken, \
    4 the data folder cannot be written, 5 it is in use, 6 it was written by a newer or older version, 7 it is damaged.\n\n\
    Other services are asked where AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL say, and at AWS without them; requests \
    are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";

/// AWS Step Functions on one machine: the API on loopback, everything durable in one folder.
#[derive(Debug, Clone, Parser)]
#[command(name = "strowger-states", version, about, args_override_self = true, after_help = EXIT_CODES)]
pub(crate) struct Options {
    /// Folder that holds everything; made if it does not exist.
    #[arg(long, value_name = "DIR", default_value = "data/states")]
    pub(crate) data: PathBuf,
    /// Port of the API, always on the loopback address; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 8083)]
    pub(crate) port: u16,
    /// Where Lambda functions are invoked: an address that speaks Lambda's API.
    #[arg(long, value_name = "URL")]
    pub(crate) lambda_endpoint: Option<String>,
    /// JSON file with the connections of HTTP tasks, by ARN or name: {"name": {"Authorization": {"ApiKey": {"Name": "X-Key",
    /// "Value": "..."}}}}, or {"Basic": {"Username", "Password"}}, or {"OAuth": {"Endpoint", "ClientId", "ClientSecret"}}
    /// with "Scope", "HttpMethod" and "OAuthHttpParameters" as they are needed; besides "Authorization", "Headers", "QueryParameters", "Body".
    #[arg(long, value_name = "FILE")]
    pub(crate) connections: Option<PathBuf>,
    /// Folder of API models of AWS services, laid out as botocore's data (DIR/SERVICE/VERSION/service-2.json, or .json.gz), for
    /// `aws-sdk:` tasks of services that are not built in.
    #[arg(long, value_name = "DIR", env = "STROWGER_SERVICE_MODELS")]
    pub(crate) service_models: Option<PathBuf>,
    /// Folder of buckets for distributed Maps (DIR/BUCKET/KEY), instead of S3.
    #[arg(long, value_name = "DIR")]
    pub(crate) buckets: Option<PathBuf>,
    /// AWS region of the ARNs.
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1", value_parser = region)]
    pub(crate) region: String,
    /// AWS account of the ARNs.
    #[arg(long, value_name = "12 DIGITS", default_value = "000000000000", value_parser = account)]
    pub(crate) account: String,
    /// Closed executions are kept for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) keep_days: u32,
    /// So many closed executions are kept at most.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) keep: usize,
    /// Print one line of JSON on standard output once ready.
    #[arg(long)]
    pub(crate) json: bool,
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("an AWS account has 12 digits".to_owned())
}

fn region(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !text.is_empty() && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err("an AWS region is written like us-east-1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn an_account_that_would_not_be_one_in_an_arn_is_refused() {
        assert!(Options::try_parse_from(["strowger-states", "--account", "12"]).is_err());
        assert!(Options::try_parse_from(["strowger-states", "--region", "us:east"]).is_err());
        assert!(Options::try_parse_from(["strowger-states", "--account", "123456789012"]).is_ok());
    }
}
