package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// RenderRecovery writes in which order to start everything, as text or as JSON. The error is of another format, or w's.
func RenderRecovery(w io.Writer, r *model.Recovery, format Format, opts Options) error {
	return renderPlain(w, r, format, opts, func(p *page) { p.recovery(r) })
}

// RenderBlast writes who is hit, as text or as JSON.
func RenderBlast(w io.Writer, b *model.Blast, format Format, opts Options) error {
	return renderPlain(w, b, format, opts, func(p *page) { p.blast(b) })
}

// RenderAudit writes what would fail together and what has no second, as text or as JSON.
func RenderAudit(w io.Writer, a *model.Audit, format Format, opts Options) error {
	return renderPlain(w, a, format, opts, func(p *page) { p.audit(a) })
}

func (p *page) recovery(r *model.Recovery) {
	total := 0
	for _, w := range r.Waves {
		total += len(w.Steps)
	}
	p.lines(0, wrap(p.say.t("start %d components in %d waves; dependencies of cycles given up: %d", total, len(r.Waves), len(r.Broken)), p.width), bold)
	for i, w := range r.Waves {
		p.section(p.say.t("WAVE %d", i+1))
		for _, s := range w.Steps {
			p.step(&s)
		}
	}
	if len(r.Broken) == 0 {
		return
	}
	p.section(p.say.t("CYCLES"))
	for _, b := range r.Broken {
		p.item(2, "!", yellow, 4, names(append(b.Cycle, b.Cycle[0]), " -> "))
		p.lines(4, wrap(p.say.msg(b.Reason), p.width-4), plain)
	}
}

func (p *page) step(s *model.Step) {
	text := clean(s.Component)
	if s.Kind != "" {
		text += " (" + clean(s.Kind) + ")"
	}
	if s.Dependents > 0 {
		text += p.say.t("; %d wait for it", s.Dependents)
	}
	p.item(2, "*", bold, 4, text)
	if len(s.Without) > 0 {
		p.lines(4, wrap(p.say.t("for now without %s", names(s.Without, ", ")), p.width-4), yellow)
	}
	for _, c := range s.Checks {
		p.item(4, "-", faint, 6, p.say.msg(c.Text))
		if c.Query != "" {
			p.lines(6, wrap(clean(c.Query), p.width-6), faint)
		}
	}
}

func (p *page) blast(b *model.Blast) {
	p.lines(0, wrap(p.say.t("if %s fails: %d more do not work, %d work with less", names(b.Failed, ", "), len(b.Lost), len(b.Degraded)), p.width), bold)
	var rows []row
	if len(b.Functions) > 0 {
		rows = append(rows, row{p.say.t("Users lose"), names(b.Functions, ", ")})
	} else {
		rows = append(rows, row{p.say.t("Users lose"), p.say.t("no function that is known")})
	}
	if b.TrafficShare != nil {
		rows = append(rows, row{p.say.t("Traffic"), p.say.t("%s of what comes in at its peak", percentText(*b.TrafficShare))})
	} else {
		rows = append(rows, row{p.say.t("Traffic"), p.say.t("not known: no metrics were given, or none at the entrances")})
	}
	p.head(rows)
	p.affected(p.say.t("DO NOT WORK"), "x", red, b.Lost)
	p.affected(p.say.t("WORK WITH LESS"), "~", yellow, b.Degraded)
}

func (p *page) affected(title, mark string, s style, list []model.Affected) {
	if len(list) == 0 {
		return
	}
	p.section(title)
	n := p.limit(len(list), shortRuledOut)
	for _, a := range list[:n] {
		p.item(2, mark, s, 4, names(a.Via, " <- ")+": "+p.say.msg(a.Reason))
	}
	p.more(2, len(list)-n)
}

func (p *page) audit(a *model.Audit) {
	bad := 0
	for i := range a.Fates {
		if troubling(&a.Fates[i]) {
			bad++
		}
	}
	p.lines(0, wrap(p.say.t("%d of %d failure domains take functions, watchers or fail-over with them; components without a second: %d", bad, len(a.Fates), len(a.Singles)), p.width), bold)
	p.fates(a.Fates)
	p.singles(a.Singles)
	p.tiers(a.Tiers)
	if len(a.Reserves) > 0 {
		p.section(p.say.t("CAN THE REST CARRY IT"))
		for _, r := range a.Reserves {
			mark, s := "?", yellow
			switch {
			case r.Peak != nil && r.Capacity >= *r.Peak:
				mark, s = "+", green
			case r.Peak != nil:
				mark, s = "x", red
			}
			p.item(2, mark, s, 4, p.say.msg(r.Text))
		}
	}
	if len(a.Unknown) > 0 {
		p.section(p.say.t("UNKNOWN"))
		for _, m := range a.Unknown {
			p.item(2, "?", yellow, 4, p.say.msg(m))
		}
	}
}

func troubling(f *model.Fate) bool {
	return len(f.Blast.Functions)+len(f.Blind)+len(f.Stuck)+len(f.Deployers) > 0
}

func (p *page) fates(list []model.Fate) {
	if len(list) == 0 {
		return
	}
	p.section(p.say.t("SHARED FATE"))
	for i := range list {
		f := &list[i]
		if !troubling(f) {
			p.item(2, "+", green, 4, clean(f.Domain)+": "+p.say.t("may fail: users lose no function (%d components in it)", len(f.Members)))
			continue
		}
		p.item(2, "x", red, 4, clean(f.Domain)+": "+p.say.t("%d components, and %d elsewhere that need them", len(f.Members), len(f.Blast.Lost)))
		say := func(format string, list []string) {
			if len(list) > 0 {
				p.lines(4, wrap(p.say.t(format, names(list, ", ")), p.width-4), plain)
			}
		}
		say("users lose %s", f.Blast.Functions)
		say("nobody watches any more: %s", f.Blind)
		say("nobody can switch over any more: %s", f.Stuck)
		say("nothing can be rolled out by %s", f.Deployers)
	}
}

func (p *page) singles(list []model.Single) {
	if len(list) == 0 {
		return
	}
	p.section(p.say.t("WITHOUT A SECOND"))
	n := p.limit(len(list), shortRuledOut)
	for _, s := range list[:n] {
		p.item(2, "x", red, 4, clean(s.Component)+": "+p.say.t("users lose %s", names(s.Functions, ", ")))
		p.lines(4, wrap(p.say.msg(s.Advice), p.width-4), plain)
	}
	p.more(2, len(list)-n)
}

func (p *page) tiers(list []model.Tier) {
	if len(list) == 0 {
		return
	}
	p.section(p.say.t("ON THE WAY OF EACH FUNCTION"))
	for _, t := range list {
		var parts []string
		part := func(format string, list []string) {
			if len(list) > 0 {
				parts = append(parts, p.say.t(format, names(list, ", ")))
			}
		}
		part("doubled: %s", t.Doubled)
		part("once: %s", t.Single)
		part("not known: %s", t.Unknown)
		mark, s := "+", green
		if len(t.Single)+len(t.Unknown) > 0 {
			mark, s = "?", yellow
		}
		if len(t.Single) > 0 {
			mark, s = "x", red
		}
		p.item(2, mark, s, 4, fmt.Sprintf("%s, %s: %s", clean(t.Function), clean(t.Kind), strings.Join(parts, "; ")))
	}
}

// names joins names from outside.
func names(list []string, between string) string {
	cleaned := make([]string, len(list))
	for i, n := range list {
		cleaned[i] = clean(n)
	}
	return strings.Join(cleaned, between)
}
