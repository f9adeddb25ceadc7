//! Sums that all clients share, tabulated once for each set of parameters.

/// For one z and every n: Σ_{j<n} ln(z + j) = ln(Γ(z + n)/Γ(z)), and its derivative Σ_{j<n} 1/(z + j).
pub struct Rising {
    logs: Vec<f64>,
    slopes: Vec<f64>,
}

impl Rising {
    /// Up to `most`.
    pub fn new(z: f64, most: usize) -> Self {
        let (mut logs, mut slopes) = (Vec::with_capacity(most + 1), Vec::with_capacity(most + 1));
        let (mut log, mut slope, mut at) = (0.0, 0.0, z);
        for _ in 0..=most {
            logs.push(log);
            slopes.push(slope);
            log += at.ln();
            slope += at.recip();
            at += 1.0;
        }
        Self { logs, slopes }
    }

    /// The logarithm, and its derivative by z; of an n beyond the table those of the last.
    pub fn at(&self, n: usize) -> (f64, f64) {
        let last = self.logs.len().saturating_sub(1);
        let n = n.min(last);
        (
            self.logs.get(n).copied().unwrap_or(0.0),
            self.slopes.get(n).copied().unwrap_or(0.0),
        )
    }
}
