//! Minimising a smooth function of a few variables: BFGS (Nocedal, Wright, Numerical Optimization, 2nd ed. 2006, algorithm
//! 6.1), with steps that meet the strong Wolfe conditions (3.7), found by doubling and halving.
//!
//! By hand because it is a page for arrays of three or four, and the crates that offer it bring a matrix library along.

/// Sufficient decrease, and how far the slope must have fallen.
const DECREASE: f64 = 1e-4;
const SLOPE: f64 = 0.9;
const MOST_STEPS: u32 = 40;
/// Values nearer to each other than this share are the same: near a minimum only the gradient tells them apart.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Where a minimum was found.
#[derive(Clone, Copy, Debug)]
pub struct Minimum<const N: usize> {
    /// The place.
    pub at: [f64; N],
    /// The value there.
    pub value: f64,
    /// Whether the gradient there is as small as was asked for.
    pub is_converged: bool,
}

/// A place with its value and gradient.
#[derive(Clone, Copy)]
struct Place<const N: usize> {
    at: [f64; N],
    value: f64,
    gradient: [f64; N],
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn is_finite<const N: usize>(place: &Place<N>) -> bool {
    place.value.is_finite() && place.gradient.iter().all(|slope| slope.is_finite())
}

/// Minimises from a start until no slope is steeper than `tolerance`, in at most `most` iterations. The function gives value
/// and gradient; where it has none, not a number.
pub fn minimise<const N: usize>(
    function: &impl Fn(&[f64; N]) -> (f64, [f64; N]),
    start: [f64; N],
    tolerance: f64,
    most: u32,
) -> Minimum<N> {
    let look = |at: [f64; N]| {
        let (value, gradient) = function(&at);
        Place { at, value, gradient }
    };
    let mut here = look(start);
    let mut inverse = identity(1.0);
    let is_flat = |place: &Place<N>| place.gradient.iter().all(|slope| slope.abs() <= tolerance);
    for iteration in 0..most {
        if !is_finite(&here) || is_flat(&here) {
            break;
        }
        let mut direction = inverse.map(|row| -dot(&row, &here.gradient));
        if dot(&direction, &here.gradient) >= 0.0 {
            inverse = identity(1.0);
            direction = here.gradient.map(|slope| -slope);
        }
        // A first step of no more than one in each variable.
        let longest = direction.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        let first = if iteration == 0 {
            1.0_f64.min(longest.recip())
        } else {
            1.0
        };
        let Some(next) = search(&look, &here, &direction, first) else {
            break;
        };
        update(&mut inverse, &here, &next, iteration == 0);
        here = next;
    }
    Minimum {
        at: here.at,
        value: here.value,
        is_converged: is_finite(&here) && is_flat(&here),
    }
}

fn identity<const N: usize>(scale: f64) -> [[f64; N]; N] {
    let mut matrix = [[0.0; N]; N];
    for (place, row) in matrix.iter_mut().enumerate() {
        if let Some(value) = row.get_mut(place) {
            *value = scale;
        }
    }
    matrix
}

/// The inverse Hessian after a step; left alone where the curvature is not positive.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], old: &Place<N>, new: &Place<N>, is_first: bool) {
    let mut step = new.at;
    let mut change = new.gradient;
    for ((step, change), (at, slope)) in step.iter_mut().zip(&mut change).zip(old.at.iter().zip(&old.gradient)) {
        *step -= at;
        *change -= slope;
    }
    let curvature = dot(&step, &change);
    if curvature <= 1e-12 * dot(&change, &change).sqrt() * dot(&step, &step).sqrt() {
        return;
    }
    if is_first {
        *inverse = identity(curvature / dot(&change, &change));
    }
    let pulled = inverse.map(|row| dot(&row, &change));
    let factor = (1.0 + dot(&change, &pulled) / curvature) / curvature;
    for ((row, step_i), pulled_i) in inverse.iter_mut().zip(&step).zip(&pulled) {
        for ((value, step_j), pulled_j) in row.iter_mut().zip(&step).zip(&pulled) {
            *value += factor * step_i * step_j - (pulled_i * step_j + step_i * pulled_j) / curvature;
        }
    }
}

/// A step along the direction that meets the Wolfe conditions: doubled until it brackets one, then halved. The best that was
/// seen when rounding allows no better; none when nothing is better than to stay.
fn search<const N: usize>(
    look: &impl Fn([f64; N]) -> Place<N>,
    from: &Place<N>,
    direction: &[f64; N],
    first: f64,
) -> Option<Place<N>> {
    let slope = dot(direction, &from.gradient);
    let (mut low, mut high, mut step) = (0.0_f64, f64::INFINITY, first);
    let mut best: Option<Place<N>> = None;
    for _ in 0..MOST_STEPS {
        let mut at = from.at;
        for (value, along) in at.iter_mut().zip(direction) {
            *value += step * along;
        }
        let there = look(at);
        let most = DECREASE.mul_add(step * slope, from.value) + ROUNDING * from.value.abs();
        let is_lower = is_finite(&there) && there.value <= most;
        if is_lower && best.as_ref().is_none_or(|best| there.value < best.value) {
            best = Some(there);
        }
        if !is_lower {
            high = step;
        } else {
            let slope_there = dot(direction, &there.gradient);
            if slope_there.abs() <= SLOPE * slope.abs() {
                return Some(there);
            }
            if slope_there > 0.0 {
                high = step;
            } else {
                low = step;
            }
        }
        step = if high.is_finite() {
            f64::midpoint(low, high)
        } else {
            2.0 * step
        };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let valley = |at: &[f64; 2]| {
            let [x, y] = *at;
            let value = (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
            let gradient = [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)];
            (value, gradient)
        };
        let found = minimise(&valley, [-1.2, 1.0], 1e-9, 200);
        assert!(
            found.is_converged && (found.at[0] - 1.0).abs() < 1e-8 && (found.at[1] - 1.0).abs() < 1e-8,
            "{found:?}"
        );
    }

    #[test]
    fn a_step_out_of_the_domain_is_taken_back() {
        let barrier = |at: &[f64; 1]| {
            let x = at[0];
            if x <= 0.0 {
                return (f64::NAN, [f64::NAN]);
            }
            (x - x.ln(), [1.0 - x.recip()])
        };
        let found = minimise(&barrier, [9.0], 1e-10, 100);
        assert!(found.is_converged && (found.at[0] - 1.0).abs() < 1e-9, "{found:?}");
        let nowhere = minimise(&barrier, [-1.0], 1e-10, 100);
        assert!(!nowhere.is_converged);
    }
}
