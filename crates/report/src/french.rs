//! The charts' words in French: what a chart says in English, part by part, and what it says instead.

use abreast::analyse::Analysis;
use abreast::record::Outcome;
use abreast::show::chart::{Chart, Entry, Mark};

/// Charts join what they say with this.
const BETWEEN: &str = " · ";

/// Each part, and its French. What stands for `{}` is a figure, or a part itself.
const PARTS: &[(&str, &str)] = &[
    // Names, which are the same.
    ("sigmoid(A) * A", "sigmoid(A) * A"),
    ("serial", "serial"),
    ("naive", "naive"),
    ("rayon", "rayon"),
    ("copy", "copy"),
    ("F.silu", "F.silu"),
    // Titles.
    (
        "Speedup against thread count",
        "Accélération selon le nombre de threads",
    ),
    (
        "Throughput against thread count",
        "Débit selon le nombre de threads",
    ),
    (
        "Time per element against size",
        "Temps par élément selon la taille",
    ),
    (
        "FORECAST: speedup on more cores than were measured",
        "PRÉDICTION : accélération sur plus de cœurs qu’il n’en fut mesuré",
    ),
    (
        "From which size on sharing pays",
        "À partir de quelle taille le partage paie",
    ),
    (
        "What a call costs before any work is done",
        "Ce que coûte un appel avant tout travail",
    ),
    (
        "The kernel's throughput against size",
        "Débit du noyau selon la taille",
    ),
    (
        "Policy: how large the chunks are, and whether threads are pinned",
        "Politique : la taille des morceaux, et si les threads sont épinglés",
    ),
    (
        "PyTorch's and NumPy's time over sigmulib's",
        "Le temps de PyTorch et de NumPy rapporté à celui de sigmulib",
    ),
    (
        "The study's four experiments, redone from Python",
        "Les quatre expériences de l’étude, refaites depuis Python",
    ),
    (
        "1: small, and the naive loop",
        "1 : petites tailles, et la boucle naïve",
    ),
    ("2: the parallel ones", "2 : les parallèles"),
    (
        "3: the best against PyTorch",
        "3 : le meilleur contre PyTorch",
    ),
    (
        "4: what comes in and goes out",
        "4 : ce qui entre et ce qui sort",
    ),
    ("{}: errors", "{} : erreurs"),
    // What stands below them.
    (
        "{}, against {} timed beside each sample",
        "{}, contre {}, chronométré à côté de chaque échantillon",
    ),
    (
        "speedup against {} timed beside each sample",
        "accélération contre {}, chronométré à côté de chaque échantillon",
    ),
    (
        "the vectorised serial kernel",
        "le noyau vectorisé sur un thread",
    ),
    ("the serial kernel", "le noyau sur un thread"),
    (
        "band: 95 % interval of the median",
        "bande : intervalle à 95 % de la médiane",
    ),
    (
        "band and bar: 95 % interval of the median",
        "bande et barre : intervalle à 95 % de la médiane",
    ),
    ("band: 95 % interval", "bande : intervalle à 95 %"),
    (
        "band: what the points' intervals allow",
        "bande : ce que permettent les intervalles des points",
    ),
    ("grey at 1: noise floor", "gris à 1 : bruit de fond"),
    (
        "{}, decimal GB/s of the bytes that a call must move",
        "{}, Go/s décimaux des octets qu’un appel doit déplacer",
    ),
    (
        "decimal GB/s: each element read once and written once; copy is the ceiling in memory",
        "Go/s décimaux : chaque élément lu une fois et écrit une fois ; copy est le plafond en mémoire",
    ),
    (
        "dashed: the caches of as many cores as threads",
        "tirets : les caches d’autant de cœurs que de threads",
    ),
    (
        "{}, each arm at the most threads that have a core each",
        "{}, chaque bras sur le plus de threads qui aient chacun un cœur",
    ),
    (
        "whisker: the break-even with its 95 % interval",
        "trait : le seuil, avec son intervalle à 95 %",
    ),
    (
        "thin lines: the law fitted to the points, within the ceilings of such cores and this memory",
        "lignes fines : la loi ajustée aux points, sous les plafonds de tels cœurs et de cette mémoire",
    ),
    (
        "a cache line for each thread, handed out and awaited, over and over",
        "une ligne de cache par thread, distribuée puis attendue, encore et encore",
    ),
    (
        "joined: chunks of one size, the last one a thread",
        "reliés : morceaux d’une taille, les derniers un par thread",
    ),
    (
        "the same data, as many threads, arms taking turns; above 1 sigmulib is faster; silu.out against sigmulib out=, NumPy against sigmulib NumPy",
        "mêmes données, autant de threads, à tour de rôle ; au-dessus de 1 sigmulib est plus rapide ; silu.out contre sigmulib out=, NumPy contre sigmulib NumPy",
    ),
    (
        "sigmoid(A) * A on d x d float32: a fresh result unless `out=` is named",
        "sigmoid(A) * A sur d x d float32 : un résultat neuf sauf avec `out=`",
    ),
    (
        "times above, band: 95 % interval of the median",
        "temps en haut, bande : intervalle à 95 % de la médiane",
    ),
    (
        "errors against float64 below",
        "erreurs par rapport à float64 en bas",
    ),
    (
        "sigmoid(A) * A on d x d float32, called from Python",
        "sigmoid(A) * A sur d x d float32, appelé depuis Python",
    ),
    (
        "left: time, band: 95 % interval of the median",
        "à gauche : temps, bande : intervalle à 95 % de la médiane",
    ),
    (
        "right: error against float64",
        "à droite : erreur par rapport à float64",
    ),
    (
        "Nothing that it shows was measured.",
        "Rien de ce qu’il montre n’a été mesuré.",
    ),
    // Axes.
    ("threads", "threads"),
    ("elements", "éléments"),
    ("d", "d"),
    ("cores (grey: forecast)", "cœurs (gris : prédiction)"),
    ("speedup (times {})", "accélération (fois {})"),
    ("throughput (GB/s)", "débit (Go/s)"),
    ("time per element (ns)", "temps par élément (ns)"),
    ("time per call (µs)", "temps par appel (µs)"),
    ("mean absolute error", "erreur absolue moyenne"),
    ("bytes moved per call", "octets déplacés par appel"),
    ("elements in a chunk", "éléments par morceau"),
    (
        "dimension d of a d x d matrix",
        "dimension d d’une matrice d x d",
    ),
    (
        "times as long as sigmulib",
        "fois aussi longtemps que sigmulib",
    ),
    // The legend, and what stands above panels.
    (
        "ceiling: copy (memory or a cache)",
        "plafond : copie (mémoire ou un cache)",
    ),
    ("ceiling: {}", "plafond : {}"),
    ("cores", "cœurs"),
    ("the ceiling that applies", "le plafond qui vaut"),
    ("size of a cache", "taille d’un cache"),
    ("as fast", "aussi rapide"),
    ("oversubscribed", "plus de threads que de cœurs"),
    ("no {} chosen", "sans choix des {}"),
    ("1 thread", "1 thread"),
    ("{} threads", "{} threads"),
    (
        "{} threads, oversubscribed",
        "{} threads, plus que de cœurs",
    ),
    ("L{}", "L{}"),
    ("{} × L{}", "{} × L{}"),
    ("{} B", "{} o"),
    ("{} kB", "{} ko"),
    ("{} MB", "{} Mo"),
    ("{} GB", "{} Go"),
];

/// What a chart says, `text`, in French; `None` where a part of it has none here.
pub fn french(text: &str) -> Option<String> {
    let parts = text.split(BETWEEN).map(part);
    Some(parts.collect::<Option<Vec<_>>>()?.join(BETWEEN))
}

fn part(text: &str) -> Option<String> {
    let is_figure = |c: char| c.is_ascii_digit() || ['.', 'x', '-'].contains(&c);
    if text.chars().all(is_figure) {
        return Some(text.replace('.', ","));
    }
    PARTS.iter().find_map(|(english, french)| {
        let mut values = matched(english, text)?.into_iter().map(part);
        let mut pieces = french.split("{}");
        let first = pieces.next()?.to_owned();
        pieces.try_fold(first, |text, piece| Some(text + &values.next()?? + piece))
    })
}

/// What stands for each `{}` of `pattern` in `text`, where that is of this pattern.
fn matched<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let end = match pieces.peek() {
            None => rest.len().checked_sub(piece.len())?,
            Some(_) => rest.find(piece)?,
        };
        let (value, after) = rest.split_at_checked(end)?;
        rest = after.strip_prefix(piece)?;
        values.push(value);
    }
    rest.is_empty().then_some(values)
}

/// Every text of `chart` that is in a language: all but the names of arms.
pub fn texts(chart: &mut Chart) -> Vec<&mut String> {
    let mut texts = vec![&mut chart.title, &mut chart.subtitle];
    texts.extend(chart.legend.iter_mut().filter_map(|entry| match entry {
        Entry::Arm(..) => None,
        Entry::Dashed(text, _) | Entry::Shade(text) => Some(text),
    }));
    for panel in &mut chart.panels {
        texts.extend(&mut panel.title);
        texts.extend([&mut panel.x.label, &mut panel.y.label]);
        texts.extend(panel.marks.iter_mut().filter_map(|mark| match mark {
            Mark::Dashed { name: text, .. } | Mark::Upright { label: text, .. } => Some(text),
            Mark::Noise(_) | Mark::Series { .. } | Mark::Level { .. } | Mark::Crossing { .. } => {
                None
            }
        }));
    }
    texts
}

/// The chart in French. What has no French here stays as it is.
pub fn chart(mut chart: Chart) -> Chart {
    for text in texts(&mut chart) {
        if let Some(french) = french(text) {
            *text = french;
        }
    }
    chart
}

/// What was asked for and is not in the charts, and that a run is doubtful, for the lines below a chart. The report says elsewhere
/// why.
pub fn missing(of: &Analysis, doubts: usize) -> String {
    let count =
        |is: &dyn Fn(&Outcome) -> bool| of.rows.iter().filter(|row| is(&row.outcome)).count();
    let counts = [
        (
            count(&|outcome| matches!(outcome, Outcome::Failed(_))),
            "bras en ÉCHEC",
        ),
        (
            count(&|outcome| matches!(outcome, Outcome::Refused(_))),
            "bras refusés par le système",
        ),
        (
            count(&|outcome| *outcome == Outcome::Skipped),
            "bras non mesurés (filtrés)",
        ),
        (
            doubts,
            "raisons de DOUTER de ces mesures, dites avec les relevés",
        ),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let said: Vec<_> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.join(BETWEEN)
}

/// The machine in one line, the words in French.
pub fn machine(summary: &str) -> String {
    let parts = summary
        .split(BETWEEN)
        .map(|part| match part.split_once(' ') {
            Some((count, "core")) => format!("{count} cœur"),
            Some((count, "cores")) => format!("{count} cœurs"),
            _ if part.starts_with('L') && part.ends_with(" MiB") => part.replace("MiB", "Mio"),
            _ => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join(BETWEEN)
}

/// An SVG with the sign of French in figures that stand alone.
pub fn figures(svg: &str) -> String {
    let is_figure = |line: &str| {
        let line = line.trim_end_matches(['k', 'M', 'G']);
        !line.is_empty() && line.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let lines = svg.lines().map(
        |line| match is_figure(line) || line.starts_with(['↑', '↓']) {
            true => line.replace('.', ","),
            false => line.to_owned(),
        },
    );
    lines.collect::<Vec<_>>().join("\n")
}
