//! Step Functions on one machine: the language, the durable engine, its API.
