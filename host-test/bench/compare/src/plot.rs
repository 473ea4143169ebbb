//! The picture in docs/performance.md: delivery time and throughput of all clients, as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::results::{OURS, Results, steady, wall_per_response};

const SIZE: (u32, u32) = (960, 460);
const OUR_COLOUR: RGBColor = RGBColor(38, 105, 176);
const OTHERS: RGBColor = RGBColor(168, 176, 186);
/// The width of the column with the names, in pixels. The bars begin there.
const NAMES: i32 = 190;
/// The height of a bar, and the distance from one bar to the next.
const BAR: i32 = 15;
const STEP: i32 = 30;

/// The bar of one client.
struct Bar {
    name: String,
    value: f64,
    /// The value at which a thin line ends that continues the bar.
    tail: Option<f64>,
}

/// Draws the picture: at the left the delivery time of a chunk, at the right the throughput.
pub fn draw(results: &Results, file: &Path) -> Result<()> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let failed = |why: &dyn std::fmt::Display| anyhow!("{} cannot be drawn: {why}", file.display());
    root.fill(&WHITE).map_err(|why| failed(&why))?;
    let (left, right) = root.split_horizontally(SIZE.0 / 2);
    let delays = bars(results, "latency", |client| {
        let p50 = results.median("latency", client, |report| steady(report).p50_us)?;
        Some((p50, results.median("latency", client, |report| steady(report).p99_us)))
    });
    let chunks = bars(results, "coalesced", |client| {
        let microseconds = results.median("coalesced", client, wall_per_response)?;
        Some((20_000.0 / microseconds * 1000.0, None))
    });
    panel(&left, "Delivery time of a chunk, µs", "bar: median, line: p99; shorter is better", &delays)
        .map_err(|why| failed(&why))?;
    panel(&right, "Chunks a millisecond", "20,000 chunks, 16 events a write; longer is better", &chunks)
        .map_err(|why| failed(&why))?;
    let machine = format!("{}; medians of {} rounds", results.machine, results.rounds);
    let at = (12, SIZE.1 as i32 - 18);
    root.draw(&Text::new(machine, at, ("sans-serif", 12).into_font().color(&BLACK.mix(0.6))))
        .map_err(|why| failed(&why))?;
    root.present().map_err(|why| failed(&why))
}

/// The bars of all clients that have a figure for the workload.
fn bars(results: &Results, workload: &str, figure: impl Fn(&str) -> Option<(f64, Option<f64>)>) -> Vec<Bar> {
    let bar = |client: &&str| {
        let (value, tail) = figure(client)?;
        Some(Bar { name: (*client).to_owned(), value, tail })
    };
    results.clients(workload).iter().filter_map(bar).collect()
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws bars on a logarithmic scale, because the values differ by a factor of a hundred.
fn panel(area: &Area<'_>, title: &str, note: &str, bars: &[Bar]) -> Result<(), Box<dyn std::error::Error>> {
    let text = |size: u32| ("sans-serif", size).into_font();
    area.draw(&Text::new(title.to_owned(), (12, 12), text(17).color(&BLACK)))?;
    area.draw(&Text::new(note.to_owned(), (12, 34), text(12).color(&BLACK.mix(0.6))))?;
    let ends = bars.iter().flat_map(|bar| [bar.value, bar.tail.unwrap_or(bar.value)]);
    let (least, most) = ends.fold((f64::MAX, f64::MIN), |(least, most), end| (least.min(end), most.max(end)));
    let width = (area.dim_in_pixel().0 as i32 - NAMES - 90).max(1);
    // The shortest bar is a tenth of the longest, so that it is visible.
    let position = |value: f64| {
        let share = (value / least).ln() / (most / least).ln().max(f64::EPSILON);
        NAMES + (f64::from(width) * (0.1 + 0.9 * share)) as i32
    };
    for (row, bar) in (0..).zip(bars) {
        let top = 62 + row * STEP;
        let colour = if bar.name == OURS { OUR_COLOUR } else { OTHERS };
        area.draw(&Text::new(bar.name.clone(), (12, top), text(13).color(&BLACK)))?;
        area.draw(&Rectangle::new([(NAMES, top), (position(bar.value), top + BAR)], colour.filled()))?;
        let mut end = position(bar.value);
        let mut label = figure(bar.value);
        if let Some(tail) = bar.tail {
            let middle = top + BAR / 2;
            end = position(tail);
            area.draw(&PathElement::new(
                [(position(bar.value), middle), (end, middle)],
                colour.stroke_width(2),
            ))?;
            label = format!("{label} / {}", figure(tail));
        }
        area.draw(&Text::new(label, (end + 6, top), text(12).color(&BLACK)))?;
    }
    Ok(())
}

/// The label of a bar: with a decimal place only below 10, where it matters.
fn figure(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}
