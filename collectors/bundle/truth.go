package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// ReadTruth reads what really happened in the bundle of a folder; ok is false when it does not say. Only the scorer may
// call it, after the diagnosis. A broken file gives collectors.Problems.
func ReadTruth(dir string) (truth *model.Truth, ok bool, err error) {
	file := filepath.Join(dir, "truth.yaml")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading truth: %w", err)
	}
	truth, err = collectors.ParseTruth(file, data)
	return truth, err == nil, err
}
