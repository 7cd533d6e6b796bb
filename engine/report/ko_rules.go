package report

// koRules are the names of faults and the texts of rule packs that bring no Korean of their own.
var koRules = map[string]string{}
