//! Axes: from values to pixels, with ticks at round numbers.

/// A linear axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// The axis on which `low` lies at pixel `from` and `high` at pixel `to`.
    pub fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Scale {
        let high = if high > low { high } else { low + 1.0 };
        Scale { low, high, from, to }
    }

    /// The pixel of a value.
    pub fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Its lowest and highest value.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }
}

/// The width of a step of 1, 2 or 5 times a power of ten that makes about `wanted` steps; never below `least`.
pub fn step(low: f64, high: f64, wanted: usize, least: f64) -> f64 {
    let raw = ((high - low) / wanted.max(1) as f64).max(least).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|base| base * power).find(|step| *step >= raw * 0.999_999);
    step.unwrap_or(10.0 * power).max(least)
}

/// Round numbers from at or below `low` to at or above `high`.
pub fn ticks(low: f64, high: f64, wanted: usize, least: f64) -> Vec<f64> {
    if !low.is_finite() || !high.is_finite() {
        return vec![0.0, 1.0];
    }
    let step = step(low, high, wanted, least);
    let first = (low / step + 1e-9).floor() as i64;
    let last = ((high / step - 1e-9).ceil() as i64).max(first + 1);
    (first..=last.min(first + 50)).map(|tick| tick as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        assert_eq!(ticks(0.0, 97.0, 5, 1.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(0.0, 0.0, 5, 1.0), [0.0, 1.0]);
        assert_eq!(ticks(-0.013, 0.004, 4, 0.0).first(), Some(&-0.015));
        assert_eq!(ticks(1_203_410.0, 1_203_999.0, 4, 1.0), [1_203_400.0, 1_203_600.0, 1_203_800.0, 1_204_000.0]);
        assert_eq!(ticks(f64::NAN, 1.0, 4, 1.0), [0.0, 1.0]);
    }

    #[test]
    fn a_scale_of_one_value_does_not_divide_by_zero() {
        assert_eq!(Scale::new((5.0, 5.0), (0.0, 10.0)).at(5.0), 0.0);
    }
}
