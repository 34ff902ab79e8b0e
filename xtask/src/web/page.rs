//! The page: the template's head receives the links to what was built.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::assets::{Built, FOLDER};

/// Writes `index.html` from the template.
pub(crate) fn write(template: &Path, dist: &Path, built: &Built) -> Result<()> {
    let text = fs::read_to_string(template)
        .with_context(|| format!("cannot read {}", template.display()))?;
    let page =
        linked(&text, built).with_context(|| format!("{} has no </head>", template.display()))?;
    fs::write(dist.join("index.html"), page).context("cannot write index.html")
}

fn linked(template: &str, built: &Built) -> Option<String> {
    let (head, rest) = template.split_once("</head>")?;
    let mut links = String::new();
    if let Some(media) = &built.media {
        links += &format!("<meta name=\"strowger-media\" content=\"/{FOLDER}/{media}\">\n");
    }
    if let Some(styles) = &built.styles {
        links += &format!("<link rel=\"stylesheet\" href=\"/{FOLDER}/{styles}\">\n");
    }
    links += &format!(
        "<link rel=\"preload\" href=\"/{FOLDER}/{}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n",
        built.wasm
    );
    links += &format!(
        "<script type=\"module\" src=\"/{FOLDER}/{}\"></script>\n",
        built.start
    );
    Some(format!("{head}{links}</head>{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> Built {
        Built {
            start: "start-1.js".into(),
            wasm: "client-2.wasm".into(),
            styles: None,
            media: Some("media-3.js".into()),
        }
    }

    #[test]
    fn the_media_module_is_named_but_not_loaded() {
        let page = linked("<head><title>x</title></head><body></body>", &built()).unwrap();
        assert!(page.contains("<meta name=\"strowger-media\" content=\"/assets/media-3.js\">"));
        assert!(!page.contains("src=\"/assets/media-3.js\""));
        assert!(page.contains("<title>x</title>") && page.ends_with("</head><body></body>"));
    }

    #[test]
    fn a_template_without_a_head_is_refused() {
        assert!(linked("<body></body>", &built()).is_none());
    }
}
