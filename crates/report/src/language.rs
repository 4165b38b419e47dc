//! The languages, and how each writes a number: the one place where figures become text.

use abreast::Error;
use abreast::analyse::figures::Estimate;
use abreast::record::Size;
use abreast::show::words;

/// A space that does not break, and one that is narrow besides.
const SPACE: &str = "\u{a0}";
const NARROW: &str = "\u{202f}";

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

/// A language of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// The language with the code `name`.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "en" => Ok(Self::English),
            "fr" => Ok(Self::French),
            _ => Err(Error::new(format!(
                "`{name}` is not a language of the report: choose en or fr, or leave --lang out for both"
            ))),
        }
    }

    /// Its code, in file names and for hyphenation.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// A figure as the harness's tables write it, in the language's signs, and in one piece.
    fn figure(self, english: &str) -> String {
        match self {
            Self::English => english.replace(' ', SPACE),
            Self::French => english
                .replace(", ", " ; ")
                .replace('.', ",")
                .replace(' ', NARROW),
        }
    }

    /// A ratio.
    pub fn ratio(self, value: f64) -> String {
        self.figure(&words::ratio(value))
    }

    /// A ratio with its interval.
    pub fn interval(self, estimate: Estimate) -> String {
        self.figure(&words::interval(estimate))
    }

    /// Nanoseconds, in the unit that suits.
    pub fn time(self, ns: f64) -> String {
        self.figure(&words::time(ns))
    }

    /// A share in percent, to a tenth where it is small.
    pub fn percent(self, share: f64) -> String {
        self.figure(&if share < 0.2 {
            words::percent(share)
        } else {
            format!("{:.0} %", 100.0 * share)
        })
    }

    /// A number with two decimals.
    pub fn decimals(self, value: f64) -> String {
        self.figure(&format!("{value:.2}"))
    }

    /// Bytes, in the decimal unit that suits.
    pub fn bytes(self, bytes: u64) -> String {
        let english = self.figure(&words::bytes(bytes));
        match self {
            Self::English => english,
            Self::French => english.replace('B', "o"),
        }
    }

    /// Bytes in the binary unit that caches and memories come in.
    pub fn binary(self, bytes: u64) -> String {
        let (value, unit) = match bytes {
            b if b < 1 << 20 => (b >> 10, "Ki"),
            b if b < 1 << 30 => (b >> 20, "Mi"),
            b => (b >> 30, "Gi"),
        };
        let byte = match self {
            Self::English => "B",
            Self::French => "o",
        };
        self.figure(&format!("{value} {unit}{byte}"))
    }

    /// A number of elements, its thousands set apart.
    pub fn whole(self, count: usize) -> String {
        let digits = count.to_string();
        let mut grouped = String::new();
        for (i, digit) in digits.char_indices() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped += match self {
                    Self::English => ",",
                    Self::French => NARROW,
                };
            }
            grouped.push(digit);
        }
        grouped
    }

    /// An estimated number of elements to three digits: more than any break-even is known to.
    pub fn count(self, estimate: f64) -> String {
        let unit = 10f64.powf((estimate.max(1.0).log10().floor() - 2.0).max(0.0));
        self.whole(((estimate / unit).round() * unit) as usize)
    }

    /// A small number, such as an error, as digits times a power of ten.
    pub fn scientific(self, value: f64) -> String {
        let text = format!("{value:.1e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let raised: String = exponent
            .chars()
            .map(|c| match c.to_digit(10) {
                Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
                None => '⁻',
            })
            .collect();
        match value {
            0.0 => "0".to_owned(),
            _ => self.figure(&format!("{digits} × 10{raised}")),
        }
    }

    /// Rows and columns.
    pub fn shape(self, shape: Size) -> String {
        self.figure(&format!("{} × {}", shape.rows, shape.cols))
    }

    /// The day of a time as records have it, `2026-11-24T00:15:31Z`; what is none stays as it is.
    pub fn day(self, time: &str) -> String {
        let day = time.split('T').next().unwrap_or_default();
        let parts: Vec<_> = day.split('-').collect();
        let [year, month, day_of_month] = parts[..] else {
            return day.to_owned();
        };
        let month = month.parse::<usize>().unwrap_or_default();
        let Some((english, french)) = MONTHS.get(month.wrapping_sub(1)) else {
            return day.to_owned();
        };
        let number = day_of_month.trim_start_matches('0');
        match (self, number) {
            (Self::English, _) => format!("{number}{SPACE}{english}{SPACE}{year}"),
            (Self::French, "1") => format!("1er{SPACE}{french}{SPACE}{year}"),
            (Self::French, _) => format!("{number}{SPACE}{french}{SPACE}{year}"),
        }
    }
}
