//! Recency, frequency, monetary value: what most companies would use instead.

use chrono::NaiveDate;

use super::Purchases;

/// Into so many classes of equal size each measure is cut.
const CLASSES: usize = 5;

/// The score of each client by the classes it falls into, higher for the riskier: every client gets 1 to 5 for how lately, how
/// often and for how much it bought by the end of a day, and the sum counts against the risk (Hughes, "Strategic Database
/// Marketing", 1994).
#[must_use]
pub fn rfm_scores(clients: &[&Purchases], at: NaiveDate) -> Vec<f64> {
    let known: Vec<&[(NaiveDate, f64)]> = clients.iter().map(|client| client.known(at)).collect();
    let last = |days: &&[(NaiveDate, f64)]| days.last().map_or(f64::MIN, |(day, _)| -since(*day, at));
    let recency = classes(&known.iter().map(last).collect::<Vec<_>>());
    let count = |days: &&[(NaiveDate, f64)]| f64::from(u32::try_from(days.len()).unwrap_or(u32::MAX));
    let frequency = classes(&known.iter().map(count).collect::<Vec<_>>());
    let total = |days: &&[(NaiveDate, f64)]| days.iter().map(|(_, amount)| amount).sum();
    let monetary = classes(&known.iter().map(total).collect::<Vec<_>>());
    let sums = recency.iter().zip(&frequency).zip(&monetary);
    sums.map(|((recency, frequency), monetary)| -(recency + frequency + monetary))
        .collect()
}

/// Days from one to another.
fn since(day: NaiveDate, at: NaiveDate) -> f64 {
    f64::from(i32::try_from((at - day).num_days()).unwrap_or(i32::MAX))
}

/// The class of each value, 1 to 5 by rank; those that tie share the mean of their ranks.
fn classes(values: &[f64]) -> Vec<f64> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    let value = |place: &usize| values.get(*place).copied().unwrap_or(0.0);
    places.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let mut classes = vec![0.0; values.len()];
    let mut rank = 0;
    for tied in places.chunk_by(|a, b| value(a) == value(b)) {
        // Twice the middle of the places that they take, so that it is whole.
        let twice = 2 * rank + tied.len();
        let class = (twice * CLASSES / (2 * values.len()).max(1)).min(CLASSES - 1) + 1;
        for place in tied {
            if let Some(of) = classes.get_mut(*place) {
                *of = f64::from(u8::try_from(class).unwrap_or(u8::MAX));
            }
        }
        rank += tied.len();
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_a_fifth() {
        let values: Vec<f64> = (0..20).rev().map(f64::from).collect();
        let of = classes(&values);
        assert_eq!(of.first(), Some(&5.0));
        for class in 1..=5 {
            assert_eq!(of.iter().filter(|one| **one == f64::from(class)).count(), 4, "{of:?}");
        }
        // Who all bought once are in one class, the middle of their ranks.
        assert_eq!(classes(&[1.0, 1.0, 1.0, 9.0]), [2.0, 2.0, 2.0, 5.0]);
        assert!(classes(&[]).is_empty());
    }
}
