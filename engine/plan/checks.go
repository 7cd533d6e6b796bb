package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// checks are what to see of a component before the next wave begins.
func checks(c *model.Component) []model.Check {
	out := []model.Check{{Text: firstLook(c), Query: upQuery(c)}}
	for _, f := range c.Serves {
		out = append(out, model.Check{Text: model.Say("try %s as a user would", f)})
	}
	return out
}

func firstLook(c *model.Component) model.Message {
	switch kind := strings.ToLower(c.Kind); {
	case model.IsMachine(kind):
		return model.Say("%s answers, its disks are mounted, its clock is right", c.Name)
	case model.IsCache(kind):
		return model.Say("%s answers; it is cold, so what is behind it gets more than usual at first", c.Name)
	case model.PassThrough(kind):
		return model.Say("%s sees its servers up, and answers no errors of its own", c.Name)
	}
	switch strings.ToLower(c.Kind) {
	case "db", "database":
		return model.Say("%s accepts connections, has finished its recovery, and is primary or replica as it should be", c.Name)
	case "queue", "broker":
		return model.Say("%s has all its members, and no partition without a leader", c.Name)
	case "disk", "volume", "storage":
		return model.Say("%s is mounted writable and not rebuilding", c.Name)
	case "network", "switch", "router":
		return model.Say("%s passes packets both ways without loss", c.Name)
	case "external":
		return model.Say("%s answers from here: it is not ours to start", c.Name)
	case "probe", "monitor", "monitoring":
		return model.Say("%s sees what it watches: from now on nothing is started blind", c.Name)
	}
	return model.Say("%s is ready, and answers as quickly as usual with few errors", c.Name)
}

// upQuery asks whether the scrapes of a component succeed; "" when its labels do not name targets.
func upQuery(c *model.Component) string {
	var matchers []string
	for _, label := range []string{"job", "instance"} {
		if v := c.Selector[label]; v != "" {
			matchers = append(matchers, label+"="+strconv.Quote(v))
		}
	}
	if len(matchers) == 0 {
		return ""
	}
	return fmt.Sprintf("min(up{%s})", strings.Join(matchers, ","))
}
