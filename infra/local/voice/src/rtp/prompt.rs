//! Prompts as 8 kHz samples: WAV objects from buckets, and speech by espeak-ng.

use media::wav::Wav;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Sampling rate of the telephone.
const RATE_HZ: u32 = 8_000;
/// How long a text may take to be spoken into a file.
const SPEAK_LIMIT: Duration = Duration::from_secs(10);
/// Most spoken texts that are kept.
const MAX_CACHED: usize = 512;

/// Why there is no prompt: ErrorType and ErrorMessage of the action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The object is missing or no WAV file.
    #[error("{0}")]
    Source(String),
    /// espeak-ng is missing or failed.
    #[error("{0}")]
    Speech(String),
}

impl PromptError {
    /// ErrorType.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Source(_) => "InvalidAudioSource",
            Self::Speech(_) => "SystemException",
        }
    }
}

/// Where prompts come from.
#[derive(Debug, Clone)]
pub struct Prompts {
    /// Objects as files: `<bucket>/<key>`.
    pub buckets_dir: PathBuf,
    /// Spoken texts.
    pub cache_dir: PathBuf,
    /// The program.
    pub espeak: PathBuf,
}

impl Prompts {
    /// Reads a WAV object.
    ///
    /// # Errors
    /// [`PromptError::Source`].
    pub async fn object(&self, bucket: &str, key: &str) -> Result<Arc<[i16]>, PromptError> {
        let inside = |text: &str| {
            let path = Path::new(text);
            !text.is_empty() && path.components().all(|c| matches!(c, Component::Normal(_)))
        };
        if !inside(bucket) || bucket.contains('/') || !inside(key) {
            return Err(PromptError::Source("bucket or key is not valid".to_owned()));
        }
        let path = self.buckets_dir.join(bucket).join(key);
        let bytes = read(path)
            .await
            .map_err(|e| PromptError::Source(format!("the object cannot be read: {e}")))?;
        decoded(bytes).await.map_err(PromptError::Source)
    }

    /// Speaks a text, or takes it from the cache.
    ///
    /// # Errors
    /// [`PromptError::Speech`].
    pub async fn speech(
        &self,
        text: &str,
        ssml: bool,
        language: Option<&str>,
        voice: &str,
    ) -> Result<Arc<[i16]>, PromptError> {
        let voice = espeak_voice(language, voice);
        let name = uuid::Uuid::new_v5(
            &uuid::Uuid::NAMESPACE_OID,
            format!("{voice}|{ssml}|{text}").as_bytes(),
        );
        let path = self.cache_dir.join(format!("{name}.wav"));
        if let Ok(bytes) = read(path.clone()).await
            && let Ok(samples) = decoded(bytes).await
        {
            return Ok(samples);
        }
        let bytes = self
            .espeak(text, ssml, &voice)
            .await
            .map_err(PromptError::Speech)?;
        self.keep(path, bytes.clone()).await;
        decoded(bytes).await.map_err(PromptError::Speech)
    }

    async fn espeak(&self, text: &str, ssml: bool, voice: &str) -> Result<Vec<u8>, String> {
        let mut command = Command::new(&self.espeak);
        command.args(["--stdout", "--stdin", "-v", voice]);
        if ssml {
            command.arg("-m");
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|e| format!("espeak-ng cannot be started: {e}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may end before it read everything; its exit status tells.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
        let output = tokio::time::timeout(SPEAK_LIMIT, child.wait_with_output());
        let output = output
            .await
            .map_err(|_| "espeak-ng takes too long".to_owned())?;
        let output = output.map_err(|e| format!("espeak-ng failed: {e}"))?;
        if !output.status.success() {
            return Err(format!("espeak-ng ended with {}", output.status));
        }
        Ok(output.stdout)
    }

    /// Keeps a spoken text; failing to only costs time next time.
    async fn keep(&self, path: PathBuf, bytes: Vec<u8>) {
        let kept = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            let Some(dir) = path.parent() else {
                return Ok(());
            };
            std::fs::create_dir_all(dir)?;
            let mut files: Vec<_> = std::fs::read_dir(dir)?
                .filter_map(Result::ok)
                .filter_map(|f| Some((f.metadata().ok()?.modified().ok()?, f.path())))
                .collect();
            files.sort();
            for (_, old) in files
                .iter()
                .take((files.len() + 1).saturating_sub(MAX_CACHED))
            {
                std::fs::remove_file(old)?;
            }
            let part = path.with_extension(format!("{}.part", uuid::Uuid::new_v4()));
            std::fs::write(&part, bytes)?;
            std::fs::rename(part, path)
        });
        if let Ok(Err(error)) = kept.await {
            tracing::warn!(%error, "a spoken text could not be kept");
        }
    }
}

async fn read(path: PathBuf) -> std::io::Result<Vec<u8>> {
    let length = tokio::fs::metadata(&path).await?.len();
    if length > media::wav::MAX_BYTES as u64 {
        return Err(std::io::Error::other("larger than 50 MB"));
    }
    tokio::fs::read(path).await
}

async fn decoded(bytes: Vec<u8>) -> Result<Arc<[i16]>, String> {
    tokio::task::spawn_blocking(move || {
        Wav::parse(&bytes).map(|wav| Arc::from(wav.at_rate(RATE_HZ)))
    })
    .await
    .map_err(|e| e.to_string())?
    .map_err(|e| e.to_string())
}

/// espeak-ng's name for a language, or for the language of one of Polly's voices.
fn espeak_voice(language: Option<&str>, voice: &str) -> String {
    const VOICES: [(&str, &str); 20] = [
        ("Amy", "en-gb"),
        ("Brian", "en-gb"),
        ("Emma", "en-gb"),
        ("Arthur", "en-gb"),
        ("Vicki", "de"),
        ("Marlene", "de"),
        ("Hans", "de"),
        ("Daniel", "de"),
        ("Celine", "fr-fr"),
        ("Lea", "fr-fr"),
        ("Mathieu", "fr-fr"),
        ("Conchita", "es"),
        ("Lucia", "es"),
        ("Enrique", "es"),
        ("Mia", "es-419"),
        ("Lupe", "es-419"),
        ("Miguel", "es-419"),
        ("Carla", "it"),
        ("Bianca", "it"),
        ("Zhiyu", "cmn"),
    ];
    let plain = |text: &str| {
        text.len() <= 12 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match language.filter(|l| plain(l)) {
        Some("en-US") => "en-us".to_owned(),
        Some("es-US" | "es-MX") => "es-419".to_owned(),
        Some("cmn-CN") => "cmn".to_owned(),
        Some("en-GB") => "en-gb".to_owned(),
        // The rest of espeak-ng's names are the bare language.
        Some(other) => other.split('-').next().unwrap_or("en").to_ascii_lowercase(),
        None => VOICES
            .iter()
            .find(|(name, _)| *name == voice)
            .map_or("en-us", |(_, v)| v)
            .to_owned(),
    }
}
