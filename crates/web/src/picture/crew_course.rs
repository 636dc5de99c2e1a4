//! How busy all workers were, over time: of a run that lasts and of one that is kept.

use crate::model::WorkersCourse;

/// Points kept at most. When there are so many, neighbours are joined.
const MAX_POINTS: usize = 720;

/// Seconds of a point at first.
const STEP_SECONDS: f64 = 5.0;

/// Points that lie further apart than so many steps have a gap between them.
const GAP_STEPS: f64 = 2.5;

/// One worker at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkerReading {
    /// CPU time in percent of one core.
    pub cpu_percent: f64,
    /// How late its users were woken, if it tells.
    pub lag_ms: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    /// The end of its stretch.
    time: f64,
    cpu_median: f64,
    cpu_max: f64,
    lag_max: Option<f64>,
}

impl Point {
    /// Both stretches as one: the most of each, so that a peak stays visible.
    fn join(self, later: Self) -> Self {
        Self {
            time: later.time,
            cpu_median: self.cpu_median.max(later.cpu_median),
            cpu_max: self.cpu_max.max(later.cpu_max),
            lag_max: match (self.lag_max, later.lag_max) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            },
        }
    }
}

/// The course of one run, of bounded size whatever its length.
#[derive(Clone, Debug)]
pub struct CrewCourse {
    step: f64,
    points: Vec<Point>,
    /// When the open stretch began: with the first reading, or where the one before ended.
    since: Option<f64>,
    /// What it has so far.
    open: Option<Point>,
}

impl Default for CrewCourse {
    fn default() -> Self {
        Self {
            step: STEP_SECONDS,
            points: Vec::new(),
            since: None,
            open: None,
        }
    }
}

impl CrewCourse {
    /// Takes in how the workers that speak are, at a moment in seconds since 1970; to be called about
    /// once a second. Returns whether a stretch is complete with it. Without workers nothing is taken.
    pub fn advance(&mut self, now: f64, readings: impl IntoIterator<Item = WorkerReading>) -> bool {
        let readings: Vec<_> = readings.into_iter().collect();
        let Some(point) = summary(now, &readings) else {
            return false;
        };
        let point = self.open.take().map_or(point, |before| before.join(point));
        // Seconds come a little early or late.
        if now - *self.since.get_or_insert(now) < self.step - 0.5 {
            self.open = Some(point);
            return false;
        }
        self.since = Some(now);
        self.points.push(point);
        if self.points.len() == MAX_POINTS {
            let pairs = self.points.chunks_exact(2);
            self.points = pairs.map(|pair| pair[0].join(pair[1])).collect();
            self.step *= 2.0;
        }
        true
    }

    /// The course as columns, without the stretch that is not complete.
    pub fn columns(&self) -> WorkersCourse {
        let mut columns = WorkersCourse {
            step_seconds: self.step,
            ..WorkersCourse::default()
        };
        let mut last: Option<f64> = None;
        for point in &self.points {
            if let Some(last) = last.filter(|last| point.time - last > GAP_STEPS * self.step) {
                push(&mut columns, last + self.step, None);
            }
            push(&mut columns, point.time, Some(point));
            last = Some(point.time);
        }
        columns
    }
}

/// A course of at most about so many points: neighbours are joined, but not across a gap.
pub(crate) fn coarser(course: &WorkersCourse, most: usize) -> WorkersCourse {
    let joined = course.time.len().div_ceil(most.max(1)).max(1);
    let mut columns = WorkersCourse {
        step_seconds: course.step_seconds * joined as f64,
        ..WorkersCourse::default()
    };
    let points: Vec<(f64, Option<Point>)> = (0..course.time.len())
        .map(|row| (course.time[row], point_at(course, row)))
        .collect();
    for stretch in points.chunk_by(|(_, one), (_, next)| one.is_some() == next.is_some()) {
        for group in stretch.chunks(joined) {
            let time = group.last().map_or(0.0, |(time, _)| *time);
            let sum = group
                .iter()
                .filter_map(|(_, point)| *point)
                .reduce(Point::join);
            push(&mut columns, time, sum.as_ref());
        }
    }
    columns
}

/// A row of a course; `None` for a gap.
fn point_at(course: &WorkersCourse, row: usize) -> Option<Point> {
    Some(Point {
        time: course.time[row],
        cpu_median: course.cpu_median_percent.get(row).copied().flatten()?,
        cpu_max: course.cpu_max_percent.get(row).copied().flatten()?,
        lag_max: course.lag_max_ms.get(row).copied().flatten(),
    })
}

/// All workers at a moment; `None` without any.
fn summary(time: f64, readings: &[WorkerReading]) -> Option<Point> {
    let mut cpu: Vec<f64> = readings.iter().map(|worker| worker.cpu_percent).collect();
    cpu.sort_unstable_by(f64::total_cmp);
    let middle = cpu.len() / 2;
    let cpu_median = if cpu.len().is_multiple_of(2) {
        (cpu.get(middle.checked_sub(1)?)? + cpu.get(middle)?) / 2.0
    } else {
        *cpu.get(middle)?
    };
    let lags = readings.iter().filter_map(|worker| worker.lag_ms);
    Some(Point {
        time,
        cpu_median,
        cpu_max: *cpu.last()?,
        lag_max: lags.max_by(f64::total_cmp),
    })
}

/// A row; without a point it is a gap.
fn push(columns: &mut WorkersCourse, time: f64, point: Option<&Point>) {
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    columns.time.push(tenth(time));
    columns
        .cpu_median_percent
        .push(point.map(|point| tenth(point.cpu_median)));
    columns
        .cpu_max_percent
        .push(point.map(|point| tenth(point.cpu_max)));
    columns
        .lag_max_ms
        .push(point.and_then(|point| point.lag_max.map(f64::round)));
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: f64 = 1_795_000_000.0;

    fn readings(cpu: &[f64], lag_ms: Option<f64>) -> Vec<WorkerReading> {
        let reading = |cpu_percent: &f64| WorkerReading {
            cpu_percent: *cpu_percent,
            lag_ms,
        };
        cpu.iter().map(reading).collect()
    }

    #[test]
    fn a_stretch_has_the_middle_and_the_most_of_its_workers() {
        let mut course = CrewCourse::default();
        for second in 0..=5 {
            let peak = if second == 2 { 97.0 } else { 40.0 };
            let lag = (second == 3).then_some(12.4);
            let cpu = [30.0, peak, 10.0, 20.0];
            let is_complete = course.advance(START + f64::from(second), readings(&cpu, lag));
            assert_eq!(is_complete, second == 5);
        }
        let columns = course.columns();
        assert_eq!(columns.time, [START + 5.0]);
        assert_eq!(columns.cpu_median_percent, [Some(25.0)]);
        assert_eq!(columns.cpu_max_percent, [Some(97.0)]);
        assert_eq!(columns.lag_max_ms, [Some(12.0)]);
    }

    #[test]
    fn where_nobody_spoke_is_a_gap() {
        let mut course = CrewCourse::default();
        for second in 0..60 {
            let cpu: &[f64] = if (20..40).contains(&second) {
                &[]
            } else {
                &[50.0]
            };
            course.advance(START + f64::from(second), readings(cpu, None));
        }
        let columns = course.columns();
        let gaps = columns.cpu_max_percent.iter().filter(|cpu| cpu.is_none());
        assert_eq!(gaps.count(), 1);
        assert!(columns.lag_max_ms.iter().all(Option::is_none));
    }

    #[test]
    fn a_coarser_course_keeps_its_peak_and_its_gap() {
        let mut course = CrewCourse::default();
        for second in 0..3_000 {
            let cpu: &[f64] = match second {
                1_000..1_200 => &[],
                2_002 => &[99.0],
                _ => &[10.0],
            };
            course.advance(START + f64::from(second), readings(cpu, Some(3.0)));
        }
        let columns = course.columns();
        let few = coarser(&columns, 100);
        assert!((90..=110).contains(&few.time.len()), "{}", few.time.len());
        assert!((few.step_seconds - 30.0).abs() < 1e-9);
        assert!(few.cpu_max_percent.contains(&Some(99.0)));
        let gaps = few.cpu_max_percent.iter().filter(|cpu| cpu.is_none());
        assert_eq!(gaps.count(), 1);
        assert_eq!(few.time.last(), columns.time.last());
        assert_eq!(coarser(&columns, 1_000), columns);
    }

    #[test]
    fn a_day_is_as_large_as_an_hour_and_keeps_its_peak() {
        let mut course = CrewCourse::default();
        for second in 0..86_400 {
            let cpu = if second == 5_000 { 99.0 } else { 10.0 };
            course.advance(START + f64::from(second), readings(&[cpu], None));
        }
        let columns = course.columns();
        assert!((MAX_POINTS / 2..MAX_POINTS).contains(&columns.time.len()));
        assert!(columns.cpu_max_percent.contains(&Some(99.0)));
        assert!(columns.cpu_max_percent.iter().all(Option::is_some));
        let last = columns.time.last().unwrap();
        assert!(START + 86_400.0 - last < 2.0 * columns.step_seconds);
    }
}
