//! The picture in docs/performance.md, as SVG: delivery time, processor time and memory of all clients.
//!
//! It is narrow enough for a phone, where the text has its natural size, and has the colours of the reader's theme.

use std::fmt::Write as _;

use crate::results::{EACH, IN_NODE, Results, cpu_per_chunk, is_ours, steady};
use crate::targets::{digits, memory_a_stream};

/// The width in pixels. A phone shows all of it without making the text smaller.
const WIDTH: f64 = 392.0;
const MARGIN: f64 = 10.0;
/// The width of the column with the names; the bars begin there.
const NAMES: f64 = 154.0;
/// The width of the longest bar.
const LONGEST: f64 = 138.0;
/// The height of a bar, and the distance from one bar to the next.
const BAR: f64 = 11.0;
const STEP: f64 = 19.0;
/// From the top of a panel to its first bar, without the axis; and from its last bar to the next panel.
const HEAD: f64 = 42.0;
const AXIS: f64 = 14.0;
const FOOT: f64 = 16.0;

/// Bars whose longest is so many times the shortest are drawn on a logarithmic scale: on a linear one the short bars would
/// be too short to compare.
const LOGARITHMIC_FROM: f64 = 50.0;

const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.note { fill: #59636e }
.figure { paint-order: stroke; stroke: #ffffff; stroke-width: 3 }
.back { fill: #ffffff }
.grid { stroke: #d1d9e0 }
.ours { fill: #0969da; stroke: #0969da }
.others { fill: #8c959f; stroke: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  .figure { stroke: #0d1117 }
  .back { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .ours { fill: #4493f8; stroke: #4493f8 }
  .others { fill: #7d8590; stroke: #7d8590 }
}
";

/// The bar of one client.
struct Bar {
    name: String,
    value: f64,
    /// The value at which a thin line ends that continues the bar.
    tail: Option<f64>,
}

/// A group of bars.
struct Panel {
    title: &'static str,
    note: &'static str,
    bars: Vec<Bar>,
}

/// The picture.
pub fn svg(results: &Results) -> String {
    let panels = panels(results);
    let mut body = String::new();
    let mut top = MARGIN;
    for panel in panels.iter().filter(|panel| !panel.bars.is_empty()) {
        top = draw(&mut body, panel, top);
    }
    let rounds = if results.rounds == 1 {
        "one round".to_owned()
    } else {
        format!("medians of {} rounds", results.rounds)
    };
    // In two lines, since the name of a machine is long.
    text(&mut body, MARGIN, top + 6.0, "note", &results.machine);
    text(&mut body, MARGIN, top + 22.0, "note", &rounds);
    let height = top + 34.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>Delivery time, processor time and memory of the component and other clients</title>\n\
         <style>\n{STYLE}</style>\n<rect class=\"back\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

fn panels(results: &Results) -> [Panel; 4] {
    let tailed = |workload| {
        bars(results, workload, |client| {
            let p50 = results.median(workload, client, |report| steady(report).p50_us)?;
            Some((p50, results.median(workload, client, |report| steady(report).p99_us)))
        })
    };
    let of_cpu = |workload| {
        bars(results, workload, |client| Some((results.median(workload, client, cpu_per_chunk)?, None)))
    };
    [
        Panel {
            title: "Delivery time of a chunk, µs",
            note: "one stream; bar: median, line: p99",
            bars: tailed("latency"),
        },
        Panel { title: "CPU time a chunk, µs", note: "1,000 streams at once", bars: of_cpu("at-once-1000") },
        Panel {
            title: "Memory a stream, KiB",
            note: "1,000 streams at once",
            bars: bars(results, "at-once-1000", |client| {
                Some((memory_a_stream(results, client).filter(|memory| *memory > 0.0)?, None))
            }),
        },
        Panel {
            title: "CPU time a chunk, µs: clients in Node",
            note: "50 streams at once",
            bars: of_cpu("node-50"),
        },
    ]
}

/// The bars of all clients that have a figure for the workload.
fn bars(results: &Results, workload: &str, figure: impl Fn(&str) -> Option<(f64, Option<f64>)>) -> Vec<Bar> {
    let bar = |client: &&str| {
        let (value, tail) = figure(client)?;
        Some(Bar { name: (*client).to_owned(), value, tail })
    };
    results.clients(workload).iter().filter_map(bar).collect()
}

/// Where a value is, from 0 to 1 of the longest bar.
struct Scale {
    /// The value at the left edge; 0 on a linear scale.
    least: f64,
    most: f64,
    logarithmic: bool,
}

impl Scale {
    fn of(bars: &[Bar]) -> Scale {
        let ends = bars.iter().flat_map(|bar| [bar.value, bar.tail.unwrap_or(bar.value)]);
        let (least, most) =
            ends.fold((f64::MAX, f64::MIN), |(least, most), end| (least.min(end), most.max(end)));
        let logarithmic = least > 0.0 && most / least >= LOGARITHMIC_FROM;
        // A bar that begins at its own value would have no length, so the scale begins at the power of ten below it.
        let edge = 10_f64.powf((least * 0.7).log10().floor());
        Scale { least: if logarithmic { edge } else { 0.0 }, most, logarithmic }
    }

    fn share(&self, value: f64) -> f64 {
        match self.logarithmic {
            true => (value / self.least).ln() / (self.most / self.least).ln(),
            false => value / self.most.max(f64::EPSILON),
        }
    }

    /// The powers of ten between both ends, for the lines of a logarithmic scale.
    fn powers(&self) -> Vec<f64> {
        if !self.logarithmic {
            return Vec::new();
        }
        let powers = std::iter::successors(Some(self.least * 10.0), |power| Some(power * 10.0));
        powers.take_while(|power| *power < self.most).collect()
    }
}

/// Draws a panel, and returns where the next one begins.
fn draw(body: &mut String, panel: &Panel, top: f64) -> f64 {
    let scale = Scale::of(&panel.bars);
    let at = |value: f64| NAMES + LONGEST * scale.share(value);
    let head = if scale.logarithmic { HEAD + AXIS } else { HEAD };
    let bottom = top + head + STEP * panel.bars.len() as f64;
    text(body, MARGIN, top + 14.0, "title", panel.title);
    let scaled = if scale.logarithmic { "; logarithmic scale" } else { "" };
    text(body, MARGIN, top + 32.0, "note", &format!("{}{scaled}", panel.note));
    for power in scale.powers() {
        let x = at(power);
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            top + head - 4.0,
            bottom - 4.0
        );
        let _ = writeln!(
            body,
            "<text class=\"note\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            top + head - 8.0,
            grouped(power)
        );
    }
    for (row, bar) in panel.bars.iter().enumerate() {
        let y = top + head + STEP * row as f64;
        let class = if is_ours(&bar.name) || bar.name == IN_NODE { "ours" } else { "others" };
        let (end, far) = (at(bar.value), bar.tail.map_or(at(bar.value), at));
        // Too long for the column. In the panel of Node there is no bar above that it could continue.
        let name = match (bar.name == EACH, row) {
            (true, 0) => "component (Rust)",
            (true, _) => "…, instance each",
            (false, _) => bar.name.as_str(),
        };
        text(body, MARGIN, y + 10.0, "", name);
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{NAMES}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\"/>",
            (end - NAMES).max(1.0)
        );
        let mut label = digits(bar.value);
        if let Some(tail) = bar.tail {
            let middle = y + BAR / 2.0;
            let _ = writeln!(
                body,
                "<line class=\"{class}\" stroke-width=\"2\" x1=\"{end:.1}\" x2=\"{far:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>"
            );
            label = format!("{} / {}", rounded(bar.value), rounded(tail));
        }
        text(body, far.max(end) + 5.0, y + 10.0, "figure", &label);
    }
    bottom + FOOT
}

/// A label of two figures has room for whole numbers only.
fn rounded(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { grouped(value) }
}

/// A figure as people write it: 12,000.
fn grouped(figure: f64) -> String {
    match figure {
        small if small < 1.0 => format!("{small}"),
        small if small < 999.5 => format!("{small:.0}"),
        large => {
            let whole = large.round() as u64;
            format!("{},{:03}", whole / 1000, whole % 1000)
        }
    }
}

fn text(body: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(body, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(value: f64, tail: Option<f64>) -> Bar {
        Bar { name: "a".to_owned(), value, tail }
    }

    #[test]
    fn the_scale_is_logarithmic_where_bars_differ_by_fifty_times() {
        let linear = Scale::of(&[bar(10.0, None), bar(200.0, Some(499.0))]);
        assert!(!linear.logarithmic && linear.powers().is_empty());
        assert!((linear.share(249.5) - 0.5).abs() < 1e-9);
        let scale = Scale::of(&[bar(20.0, None), bar(200.0, Some(1000.0))]);
        assert!(scale.logarithmic);
        assert!((scale.least - 10.0).abs() < 1e-9, "{}", scale.least);
        assert!((scale.share(100.0) - 0.5).abs() < 1e-9 && (scale.share(1000.0) - 1.0).abs() < 1e-9);
        assert_eq!(scale.powers().len(), 1);
    }

    #[test]
    fn figures_have_groups_of_three_digits() {
        for (figure, expected) in [
            (0.1, "0.1"),
            (10.0, "10"),
            (999.4, "999"),
            (999.6, "1,000"),
            (1999.7, "2,000"),
            (12_034.0, "12,034"),
        ] {
            assert_eq!(grouped(figure), expected);
        }
    }

    #[test]
    fn the_picture_fits_a_phone_and_has_both_themes() {
        let line = serde_json::json!({
            "client": "a", "requests": 1, "chunks": 1, "bytes": 0, "wall_s": 1.0, "ttft_us": 1.0, "p50_us": 70.0,
            "p90_us": 1.0, "p99_us": 90_000.0, "max_us": 1.0, "cpu_user_s": 1.0, "cpu_sys_s": 0.0, "start_us": null,
            "cold": {
                "requests": 1, "chunks": 1, "bytes": 0, "wall_s": 1.0, "ttft_us": 1.0, "p50_us": 70.0, "p90_us": 1.0,
                "p99_us": 90_000.0, "max_us": 1.0, "cpu_user_s": 1.0, "cpu_sys_s": 0.0
            },
            "warm": null, "maxrss_kb": 1, "failed": 0, "error": null
        });
        let mut results = Results { machine: "a <machine> & more".to_owned(), ..Results::default() };
        results.add("latency", "component", line);
        let svg = svg(&results);
        assert!(svg.contains("prefers-color-scheme: dark") && svg.contains("logarithmic scale"));
        assert!(svg.contains("a &lt;machine> &amp; more") && svg.contains("70 / 90,000"), "{svg}");
        // The end of the longest bar, with its label of some 70 pixels, is inside.
        let longest = NAMES + LONGEST + 5.0 + 70.0;
        assert!(longest <= WIDTH && WIDTH <= 400.0, "{longest}");
        let sizes = STYLE
            .split("px")
            .filter_map(|part| part.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok());
        assert!(sizes.clone().count() >= 2 && sizes.clone().all(|size| size >= 11));
    }
}
