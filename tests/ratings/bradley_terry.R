# Values of test_pair_checks.py and test_pairs.py, made once with R 4.2.2, BradleyTerry2 1.1-2 and psychotools 0.7-2
# (Debian 12: r-cran-bradleyterry2, r-cran-psychotools).
suppressMessages({library(BradleyTerry2); library(psychotools)})
options(digits = 10)

# A model that never wins: half a win each way on every pair that was compared.
won <- data.frame(one = c("a", "a", "b"), two = c("b", "c", "c"), win1 = c(29, 40, 38), win2 = c(11, 0, 0))
won$one <- factor(won$one, levels = c("a", "b", "c"))
won$two <- factor(won$two, levels = c("a", "b", "c"))
half <- transform(won, win1 = win1 + 0.5, win2 = win2 + 0.5)
for (link in c("logit", "probit")) {
  fit <- suppressWarnings(BTm(cbind(win1, win2), one, two, data = half, family = binomial(link = link)))
  scores <- BTabilities(fit)[, "ability"]
  cat(link, scores - mean(scores), "\n")
}

# Without a prior, by another package.
bounded <- matrix(c(29, 11, 35, 5, 31, 9), 3, 2, byrow = TRUE)
answers <- apply(bounded, 1, function(n) c(rep(1, n[1]), rep(-1, n[2])))
comparisons <- paircomp(do.call(cbind, as.list(as.data.frame(answers))), labels = c("a", "b", "c"))
scores <- worth(btmodel(comparisons), log = TRUE)
cat("btmodel", scores - mean(scores), "\n")

# Advantage of the first: wins of the first in each order, half a win each way on every pair without a side.
sided <- data.frame(
  first = c("a", "b", "a", "c", "b", "c", "a", "a", "b"), second = c("b", "a", "c", "a", "c", "b", "b", "c", "c"),
  w1 = c(16, 9, 18, 6, 15, 10, 0.5, 0.5, 0.5), w2 = c(4, 11, 2, 14, 5, 10, 0.5, 0.5, 0.5),
  side = c(1, 1, 1, 1, 1, 1, 0, 0, 0)
)
sided$first <- data.frame(item = factor(sided$first, levels = c("a", "b", "c")), side = sided$side)
sided$second <- data.frame(item = factor(sided$second, levels = c("a", "b", "c")), side = 0)
fit <- suppressWarnings(BTm(cbind(w1, w2), first, second, formula = ~ item + side, id = "item", data = sided))
cat("side", coef(fit)["side"], "\n")
