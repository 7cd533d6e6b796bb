package collectors

import (
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// ParseTruth reads a truth.yaml, strictly: causes, or none for a healthy window. The error is Problems.
func ParseTruth(file string, data []byte) (*model.Truth, error) {
	f := &fields{file: file, strict: true}
	var t model.Truth
	if root := f.document(data); root != nil {
		f.truth(&t)(root, "")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return &t, nil
}

func (f *fields) truth(dst *model.Truth) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.mapping(n, path,
			field{"version", false, f.version},
			field{"causes", false, func(n *yaml.Node, path string) {
				f.list(n, path, func(n *yaml.Node, path string) { f.trueCause(dst, n, path) })
			}},
			field{"all", false, f.truthValue(&dst.All)},
			field{"none", false, f.truthValue(&dst.None)},
			field{"onset", false, f.moment(&dst.Onset)},
		)
		if n.Kind == yaml.MappingNode && dst.None == (len(dst.Causes) > 0) {
			f.fail(n, path, "must have either causes or none: true")
		}
	}
}

func (f *fields) trueCause(dst *model.Truth, n *yaml.Node, path string) {
	var c model.TrueCause
	f.mapping(n, path,
		field{"component", true, f.name(&c.Component)},
		field{"signal", false, f.name(&c.Signal)},
		field{"fault", false, f.name(&c.Fault)},
		field{"change", false, f.name(&c.Change)},
	)
	dst.Causes = append(dst.Causes, c)
}
