# Computes the values of reference.json with R packages lme4, lmerTest and ordinal. Run in this folder: Rscript reference.R
library(lmerTest)
library(ordinal)
options(digits = 12)
numbers <- function(x) paste0("[", paste(sprintf("%.10g", as.numeric(x)), collapse = ", "), "]")

votes <- read.csv("votes.csv")
for (name in c("model", "content", "rater")) votes[[name]] <- factor(votes[[name]])
linear <- lmer(score ~ 0 + model + (1 | rater) + (1 | content) + (1 | rater:model) + (1 | content:model), votes)
steps <- summary(linear)$coefficients
against <- contest(linear, matrix(c(-1, 1, 0), 1), joint = FALSE)
sds <- as.data.frame(VarCorr(linear))
sds <- setNames(sds$sdcor, sds$grp)[c("rater", "content", "rater:model", "content:model", "Residual")]
votes$category <- factor(votes$score)
links <- clmm(category ~ model + (1 | rater) + (1 | content) + (1 | rater:model) + (1 | content:model), data = votes)
spread <- sapply(VarCorr(links), function(x) attr(x, "stddev"))
names(spread) <- sub("\\..*$", "", names(VarCorr(links)))
spread <- spread[c("rater", "content", "rater:model", "content:model")]

data(Penicillin, package = "lme4")
write.csv(Penicillin, "penicillin.csv", row.names = FALSE, quote = FALSE)
dishes <- lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin)
glass <- as.data.frame(VarCorr(dishes))
data(wine, package = "ordinal")
write.csv(wine[c("rating", "temp", "contact", "judge")], "wine.csv", row.names = FALSE, quote = FALSE)
taste <- clmm(rating ~ temp + contact + (1 | judge), data = wine)

# Two simulated studies: raters with 20 to 80 % of the pictures; tastes for models of no size, so that a variance is 0.
both <- function(file) {
  votes <- read.csv(file)
  for (name in c("model", "content", "rater")) votes[[name]] <- factor(votes[[name]])
  effects <- c("rater", "content", "rater:model", "content:model")
  linear <- lmer(score ~ 0 + model + (1 | rater) + (1 | content) + (1 | rater:model) + (1 | content:model), votes,
                 control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9), boundary.tol = 0))
  steps <- summary(linear)$coefficients
  sds <- as.data.frame(VarCorr(linear))
  votes$category <- factor(votes$score)
  links <- clmm(category ~ model + (1 | rater) + (1 | content) + (1 | rater:model) + (1 | content:model), data = votes)
  spread <- sapply(VarCorr(links), function(x) attr(x, "stddev"))
  names(spread) <- sub("\\..*$", "", names(VarCorr(links)))
  list(linear_fixed = steps[, "Estimate"], linear_errors = steps[, "Std. Error"], linear_df = steps[, "df"],
       linear_sd = setNames(sds$sdcor, sds$grp)[c(effects, "Residual")], linear_criterion = REMLcrit(linear),
       linear_singular = isSingular(linear), ordinal_thresholds = links$alpha, ordinal_fixed = links$beta,
       ordinal_errors = sqrt(diag(vcov(links)))[names(links$beta)], ordinal_sd = spread[effects],
       ordinal_loglikelihood = logLik(links))
}

cat("{\n", file = "reference.json")
line <- function(name, x, end = ",\n") cat(sprintf(' "%s": %s%s', name, numbers(x), end), file = "reference.json", append = TRUE)
for (study in c("unbalanced", "singular")) {
  values <- both(paste0(study, ".csv"))
  for (name in names(values)) line(paste0(study, "_", name), values[[name]])
}
line("linear_fixed", steps[, "Estimate"])
line("linear_errors", steps[, "Std. Error"])
line("linear_df", steps[, "df"])
line("linear_sd", sds)
line("linear_criterion", REMLcrit(linear))
line("linear_difference", c(against$Estimate, against$`Std. Error`, against$df))
line("ordinal_thresholds", links$alpha)
line("ordinal_fixed", links$beta)
line("ordinal_errors", sqrt(diag(vcov(links)))[names(links$beta)])
line("ordinal_sd", spread)
line("ordinal_loglikelihood", logLik(links))
line("penicillin", c(fixef(dishes), glass$sdcor, REMLcrit(dishes)))
line("wine_thresholds", taste$alpha)
line("wine_fixed", taste$beta)
line("wine_errors", sqrt(diag(vcov(taste)))[names(taste$beta)])
line("wine_sd", attr(VarCorr(taste)$judge, "stddev"))
line("wine_loglikelihood", logLik(taste), "\n")
cat("}\n", file = "reference.json", append = TRUE)
