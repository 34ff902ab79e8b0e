//! Panama. Source of the check digits: Dirección General de Ingresos, "Cálculo del dígito verificador del RUC" (2005), with the
//! cross-reference for entries of the old register of companies. The document leaves volumes of four digits and entries of
//! six open; those follow what the DGI's own page answers, as recorded by the MIT-licensed
//! `panama-ruc-dv-calculator`, and are not verified otherwise. Source of the identity card's forms: Tribunal Electoral.

use super::Fault;

/// Which register a person's card is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Series {
    /// Born in the province whose number it begins with.
    Province,
    /// Before the card's law (antes de la vigencia), with its province.
    Before,
    /// Indigenous register, with its province.
    Indigenous,
    /// Panamanian born abroad.
    BornAbroad,
    /// Foreigner.
    Foreigner,
    /// Naturalised.
    Naturalised,
}

/// A number of three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// A person's card.
    Person {
        series: Series,
        province: u32,
        volume: String,
        entry: String,
    },
    /// Given by the tax office to who has no card: persons and entities alike.
    TaxNumber {
        province: u32,
        volume: String,
        entry: String,
    },
    /// An entry in the register of companies.
    Company {
        roll: String,
        image: String,
        record: String,
    },
}

/// Normal form: `8-442-445`, without leading zeros.
pub(super) fn cedula(text: &str) -> Result<String, Fault> {
    let form = read(text)?;
    let Form::Person { .. } = form else {
        return Err(Fault::Part {
            part: "first part",
            found: text.split('-').next().unwrap_or_default().to_owned(),
            allowed: "a province 1 to 13, with AV or PI behind it or not, or PE, E, N",
        });
    };
    Ok(form.to_string())
}

/// Normal form: `8-442-445 DV 08`.
pub(super) fn ruc(text: &str) -> Result<String, Fault> {
    let Some((number, found)) = text.rsplit_once("DV") else {
        return Err(Fault::Part {
            part: "check digits",
            found: String::new(),
            allowed: "the word DV and two digits behind the number, as in 8-442-445 DV 08",
        });
    };
    let found = found.trim_matches([' ', '.', ':', '-']);
    if found.len() != 2 || !found.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Part {
            part: "check digits",
            found: found.to_owned(),
            allowed: "two digits behind DV",
        });
    }
    let form = read(number.trim_end_matches([' ', '-', ',', '.']))?;
    let expected = form.check_digits();
    if !expected.iter().any(|digits| digits == found) {
        return Err(Fault::CheckDigit {
            found: found.to_owned(),
            expected: expected.join(" or "),
        });
    }
    Ok(format!("{form} DV {found}"))
}

fn read(text: &str) -> Result<Form, Fault> {
    let parts: Vec<&str> = text.split('-').map(str::trim).collect();
    match parts[..] {
        [province, "NT", volume, entry] => Ok(Form::TaxNumber {
            province: province_of(province, 0)?,
            volume: number("volume", volume, 3, "1 to 3 digits")?,
            entry: number("entry", entry, 7, "1 to 7 digits")?,
        }),
        [first, second, third] => {
            if first.len() > 2 && first.bytes().all(|byte| byte.is_ascii_digit()) {
                return Ok(Form::Company {
                    roll: number("roll", first, 9, "1 to 9 digits")?,
                    image: number("image", second, 4, "1 to 4 digits")?,
                    record: number("record", third, 6, "1 to 6 digits")?,
                });
            }
            let (series, province) = series(first)?;
            Ok(Form::Person {
                series,
                province,
                volume: number("volume", second, 4, "1 to 4 digits")?,
                entry: number("entry", third, 6, "1 to 6 digits")?,
            })
        }
        _ => Err(Fault::Part {
            part: "number of parts",
            found: parts.len().to_string(),
            allowed: "three parts with a hyphen between them, or four with NT as the second",
        }),
    }
}

fn series(first: &str) -> Result<(Series, u32), Fault> {
    Ok(match first {
        "PE" => (Series::BornAbroad, 0),
        "E" => (Series::Foreigner, 0),
        "N" => (Series::Naturalised, 0),
        _ => {
            if let Some(province) = first.strip_suffix("AV") {
                (Series::Before, province_of(province, 1)?)
            } else if let Some(province) = first.strip_suffix("PI") {
                (Series::Indigenous, province_of(province, 1)?)
            } else {
                (Series::Province, province_of(first, 1)?)
            }
        }
    })
}

fn province_of(text: &str, least: u32) -> Result<u32, Fault> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (least..=13).contains(number));
    number
        .filter(|_| text.len() <= 2)
        .ok_or_else(|| Fault::Part {
            part: "province",
            found: text.to_owned(),
            allowed: "1 to 13, or PE, E, N",
        })
}

/// The digits without leading zeros.
fn number(
    part: &'static str,
    text: &str,
    most: usize,
    allowed: &'static str,
) -> Result<String, Fault> {
    let bare = text.trim_start_matches('0');
    let bare = if bare.is_empty() && !text.is_empty() {
        "0"
    } else {
        bare
    };
    let fits = (1..=most).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| bare.to_owned()).ok_or_else(|| Fault::Part {
        part,
        found: text.to_owned(),
        allowed,
    })
}

impl Form {
    /// The pairs of check digits that are right. A tax number has two: for a person and for an entity.
    fn check_digits(&self) -> Vec<String> {
        match self {
            Self::Person {
                series,
                province,
                volume,
                entry,
            } => vec![pair(false, &person(*series, *province, volume, entry))],
            Self::TaxNumber {
                province,
                volume,
                entry,
            } => {
                let width = if entry.len() == 6 { 6 } else { 5 };
                let entry = &entry[..entry.len().min(width)];
                let tail = format!("{province:02}43{volume:0>3}{entry:0>width$}");
                let mut both = vec![pair(false, &tail), pair(false, &format!("5{tail}"))];
                both.dedup();
                both
            }
            Self::Company {
                roll,
                image,
                record,
            } => {
                let digits = format!("{roll:0>10}{image:0>4}{record:0>6}");
                let old = &digits[3..5] == "00" && &digits[5..6] < "5";
                if !old {
                    return vec![pair(false, &digits)];
                }
                let crossed = crossed(&digits[5..7]);
                vec![pair(
                    true,
                    &format!("{}{crossed}{}", &digits[..5], &digits[7..]),
                )]
            }
        }
    }
}

/// The digits that a person's check digits are reckoned from.
fn person(series: Series, province: u32, volume: &str, entry: &str) -> String {
    let short = &entry[..entry.len().min(5)];
    let long_volume = volume.len() == 4;
    let lettered = |code: &str, filled: &str, long: &str, six: bool| {
        if six && entry.len() == 6 {
            let long = if long_volume { long } else { "00" };
            format!("5{long}{filled}{volume:0>3}{entry}")
        } else if long_volume {
            format!("5{long}{code}{volume}{short:0>5}")
        } else {
            format!("500{filled}{volume:0>3}{short:0>5}")
        }
    };
    match series {
        Series::Province => format!("5{province:02}00{volume:0>3}{short:0>5}"),
        Series::Before | Series::Indigenous if long_volume => format!("59595{volume}{short:0>5}"),
        Series::Before => format!("5{province:02}15{volume:0>3}{short:0>5}"),
        Series::Indigenous => format!("5{province:02}79{volume:0>3}{short:0>5}"),
        Series::BornAbroad => lettered("75", "75", "82", false),
        Series::Foreigner => lettered("5", "50", "66", true),
        Series::Naturalised => lettered("4", "40", "92", true),
    }
}

/// First check digit, then the second over the number with the first behind it.
fn pair(old: bool, digits: &str) -> String {
    let first = check_digit(old, digits);
    let second = check_digit(old, &format!("{digits}{first}"));
    format!("{first}{second}")
}

/// Modulo 11 with weights from 2 up, from the right. In the old register the weight 11 is used twice.
fn check_digit(old: bool, digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip(2..)
        .map(|(digit, place)| {
            let weight = if old && place >= 12 { place - 1 } else { place };
            weight * u32::from(digit - b'0')
        })
        .sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

/// The DGI's cross-reference of volumes in the old register of companies.
fn crossed(volume: &str) -> String {
    let number: u32 = volume.parse().unwrap_or_default();
    let crossed = match number {
        10..=18 => number - 9,
        19..=22 => number - 18,
        23..=25 => number - 16,
        26..=33 => number - 24,
        34..=42 => number - 33,
        43..=49 => number - 42,
        _ => number,
    };
    format!("{crossed:02}")
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person {
                series,
                province,
                volume,
                entry,
            } => {
                match series {
                    Series::Province => write!(f, "{province}")?,
                    Series::Before => write!(f, "{province}AV")?,
                    Series::Indigenous => write!(f, "{province}PI")?,
                    Series::BornAbroad => write!(f, "PE")?,
                    Series::Foreigner => write!(f, "E")?,
                    Series::Naturalised => write!(f, "N")?,
                }
                write!(f, "-{volume}-{entry}")
            }
            Self::TaxNumber {
                province,
                volume,
                entry,
            } => write!(f, "{province}-NT-{volume}-{entry}"),
            Self::Company {
                roll,
                image,
                record,
            } => write!(f, "{roll}-{image}-{record}"),
        }
    }
}
