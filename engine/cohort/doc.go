// Package cohort finds what the badly hit have in common. Of many units of one kind (machines, pods, series) it tells which
// value of which label, or which values of two labels together, carries the badness, and says so when no label does.
//
// # The test
//
// A cohort is all units with a label's value, or all without it. It carries the badness when it has nearly all of it, or
// at least half, and more than its share of the exposure (requests, time, heads). The measure is the sum of its units' surprise, each its
// excess over that share for its size, in standard deviations of what a random choice of as many units would have. How often
// chance does as well is counted by giving the outcomes of the units to one another at random (R. A. Fisher, "The Design of Experiments", 1935): exact for rare events
// as for skewed levels, and one unit that fails over and over is one unit. Where units belong to strata, outcomes stay
// within theirs.
//
// # Many comparisons
//
// Labels of the same units hang together: racks hold machines of one delivery, versions go with zones. The false
// discovery rate of Benjamini and Hochberg (1995) needs that dependence to be of a benign kind; the correction of
// Benjamini and Yekutieli (2001) for any kind costs a factor of 1 + 1/2 + ... + 1/m, which is more than a first hour of
// events can pay. So p-values are corrected by the step-down minP procedure (P. H. Westfall and S. S. Young,
// "Resampling-based Multiple Testing", 1993; Y. Ge, S. Dudoit and T. P. Speed, "Resampling-based multiple testing for
// microarray data analysis", 2003): the same random exchanges serve all labels, so the dependence is that of the data. It
// bounds the chance of even one false label, which bounds the false discovery rate at the same level. Labels that divide
// the units alike are one comparison. Labels that no outcome could make significant, for too few ways to exchange, are
// none (R. E. Tarone, "A modified Bonferroni method for discrete data", 1990).
//
// A pair of labels is looked for within the cohort that one label gave, and only there: a hypothesis below one that was
// confirmed is tested at the full level (N. Meinshausen, "Hierarchical testing of variable importance", 2008). What needs
// both of two values shows in each of them alone; a badness that shows in neither alone is not found.
package cohort
