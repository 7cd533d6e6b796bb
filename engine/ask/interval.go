package ask

import (
	"regexp"
	"slices"
	"time"
)

// interval is when something was noticed. at is set when only a moment was given, from and to then lie around it.
// relative tells that a time counts from now.
type interval struct {
	from, to, at time.Time
	relative     bool
}

// role is what a time is in its sentence.
type role int

const (
	roleAt role = iota
	roleFrom
	roleTo
)

var (
	fromBefore = regexp.MustCompile(`(?:^| |\()(?:since|from|after|between|starting|starting at|started at|began at)(?: about| around)? *$`)
	toBefore   = regexp.MustCompile(`(?:^| |\()(?:until|till|to|up to|before|through) *$`)
	fromAfter  = regexp.MustCompile(`^ *(?:부터|이후|이래|onwards?\b)`)
	toAfter    = regexp.MustCompile(`^ *까지`)
	// rangeBetween is all that may stand between the two ends of a range.
	rangeBetween = regexp.MustCompile(`^ *(?:-|~|/|to|and|until|till|에서|부터|through) *$`)
)

// findInterval reads the times of the text.
func findInterval(t *text, now time.Time) (interval, error) {
	atoms, err := findAtoms(t, now)
	if err != nil {
		return interval{}, err
	}
	atoms = spreadDay(atoms)
	roles := rolesOf(t, atoms)
	shareHalf(atoms, roles)
	iv := interval{relative: slices.ContainsFunc(atoms, func(a atom) bool { return a.relative })}
	pick := func(r role) *atom {
		for i := range atoms {
			if roles[i] == r {
				return &atoms[i]
			}
		}
		return nil
	}
	from, to, at := pick(roleFrom), pick(roleTo), pick(roleAt)
	if from != nil {
		iv.from = from.latest(now)
	}
	switch {
	case to != nil && to.kind == atomDay:
		iv.to = to.t.AddDate(0, 0, 1)
	case to != nil && from != nil:
		iv.to = to.after(iv.from, now)
	case to != nil:
		iv.to = to.latest(now)
	case from != nil || at == nil:
	case at.kind == atomLast:
		iv.from = at.t
	case at.kind == atomDay:
		iv.from, iv.to = at.t, at.t.AddDate(0, 0, 1)
		if iv.to.After(now) && iv.from.Before(now) {
			iv.to = now
		}
	default:
		iv.at = at.latest(now)
		iv.from, iv.to = iv.at.Add(-AtMargin), iv.at.Add(AtMargin)
		if iv.to.After(now) && !iv.at.After(now) {
			iv.to = now
		}
	}
	if from != nil && to != nil && !iv.from.Before(iv.to) {
		return interval{}, &TimeError{Text: from.text + " to " + to.text, Rule: "in order, the beginning before the end"}
	}
	return iv, nil
}

// spreadDay gives a day that stands apart to the times of day: "yesterday db was slow at 14:05".
func spreadDay(atoms []atom) []atom {
	var day *atom
	clocks := false
	for i := range atoms {
		switch atoms[i].kind {
		case atomDay:
			if day == nil {
				day = &atoms[i]
			}
		case atomClock:
			clocks = true
		}
	}
	if day == nil || !clocks {
		return atoms
	}
	var out []atom
	for _, a := range atoms {
		if a.kind == atomDay {
			continue
		}
		if a.kind == atomClock && !a.hasDay {
			a.hasDay, a.spread, a.t = true, true, day.t
		}
		out = append(out, a)
	}
	return out
}

// shareHalf gives what is said once of a range to both its ends: "2:05 to 2:20 pm", "오후 3시부터 5시까지", and a zone.
func shareHalf(atoms []atom, roles []role) {
	for i := 1; i < len(atoms); i++ {
		a, b := &atoms[i-1], &atoms[i]
		if roles[i-1] != roleFrom || roles[i] != roleTo || a.kind != atomClock || b.kind != atomClock {
			continue
		}
		// Not when that turns them round: "11:50 to 1:20 pm" begins before noon.
		first, last := *a, *b
		switch {
		case a.half == "" && b.half != "" && a.ofDay < 13*time.Hour:
			first.setHalf(b.half)
		case b.half == "" && a.half != "" && b.ofDay < 13*time.Hour:
			last.setHalf(a.half)
		}
		if first.ofDay < last.ofDay {
			*a, *b = first, last
		}
		switch {
		case a.zoned && !b.zoned:
			b.loc, b.zoned = a.loc, true
		case b.zoned && !a.zoned:
			a.loc, a.zoned = b.loc, true
		}
	}
}

// rolesOf looks at the words around each time. A "now" that ends nothing says nothing, and is given no part.
func rolesOf(t *text, atoms []atom) []role {
	const roleNone role = -1
	roles := make([]role, len(atoms))
	end := 0 // of the time before
	for i, a := range atoms {
		before, after := string(t.low[end:a.from]), string(t.low[a.to:])
		switch {
		case i > 0 && rangeBetween.MatchString(before):
			roles[i-1], roles[i] = roleFrom, roleTo
		case fromBefore.MatchString(before), fromAfter.MatchString(after):
			roles[i] = roleFrom
		case toBefore.MatchString(before), toAfter.MatchString(after):
			roles[i] = roleTo
		case a.kind == atomNow:
			roles[i] = roleNone
		}
		end = a.to
	}
	return roles
}

// latest is the moment; of a time of day without a day, the most recent that is not after now.
func (a *atom) latest(now time.Time) time.Time {
	if a.kind != atomClock {
		return a.t
	}
	if a.hasDay {
		return a.on(a.t)
	}
	day := now.In(a.loc)
	t := a.on(day)
	if t.After(now) {
		t = a.on(day.AddDate(0, 0, -1))
	}
	return t.In(now.Location())
}

// after is the moment as the end of something that began at from: a time of day without a day of its own is the first
// after that, but not in the future.
func (a *atom) after(from, now time.Time) time.Time {
	if a.kind != atomClock {
		return a.t
	}
	day := from
	ownDay := a.hasDay && !a.spread
	if ownDay {
		day = a.t
	}
	t := a.on(day.In(a.loc))
	if !t.After(from) && !ownDay {
		t = a.on(day.In(a.loc).AddDate(0, 0, 1))
	}
	if t.After(now) && now.After(from) {
		t = now
	}
	return t.In(now.Location())
}

// on is the time of day on t's day, by the clock: a day with a change of the clock is not 24 hours long.
func (a *atom) on(t time.Time) time.Time {
	y, m, d := t.Date()
	s := int(a.ofDay / time.Second)
	return time.Date(y, m, d, s/3600, s/60%60, s%60, 0, a.loc)
}
