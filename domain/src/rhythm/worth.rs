//! What a client is worth: orders to come times the worth of an order, discounted.

use super::client::Rhythm;
use super::model::Model;

/// A month, in weeks.
pub const MONTH_WEEKS: f64 = 4.345;

/// Months reckoned at a time: as many as the registers of a processor hold.
const AT_A_TIME: usize = 6;

/// The worth of a client's orders within `horizon` weeks from now, in the unit of `order_worth`: each month's expected orders,
/// discounted to now at a yearly rate from the month's end, (1 + rate)^(−months/12). The last month may be a part of one.
#[must_use]
pub fn discounted_worth(model: &Model, client: &Rhythm, horizon: f64, order_worth: f64, yearly_rate: f64) -> f64 {
    let monthly = yearly_rate.ln_1p() / 12.0;
    let outlook = model.outlook(client);
    let (mut months, mut before, mut worth) = (0.0_f64, 0.0, 0.0);
    while months * MONTH_WEEKS < horizon {
        // A horizon in whole months ends with one, whatever its roundings.
        let ends: [f64; AT_A_TIME] = std::array::from_fn(|_| {
            months += 1.0;
            (months * MONTH_WEEKS).min(horizon)
        });
        for (until, orders) in ends.into_iter().zip(outlook.expected(ends)) {
            worth += (orders - before) * (-monthly * (until / MONTH_WEEKS)).exp();
            before = orders;
        }
    }
    worth * order_worth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rhythm::Dropout;

    #[test]
    fn without_a_discount_it_is_what_is_expected() {
        let model = Model::new(2, Dropout::AfterEach, [0.851, 4.253, 0.137, 2.157]);
        let client = Rhythm {
            repeats: 4,
            last: 34.0,
            age: 34.6,
            ln_gaps: 8.5,
        };
        let Ok(model) = model else {
            unreachable!("parameters of the bar")
        };
        for horizon in [0.5, 4.345, 12.857, 52.14] {
            let plain = discounted_worth(&model, &client, horizon, 20.0, 0.0);
            assert!(
                (plain - 20.0 * model.expected(&client, horizon)).abs() < 1e-9,
                "{horizon}"
            );
            assert!(discounted_worth(&model, &client, horizon, 20.0, 0.1) < plain);
        }
        assert_eq!(discounted_worth(&model, &client, 0.0, 20.0, 0.1), 0.0);
    }
}
