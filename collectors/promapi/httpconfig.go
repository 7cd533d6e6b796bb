package promapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/prometheus/common/config"
)

// LoadHTTPConfig reads a file in Prometheus' client configuration format (basic_auth, authorization, oauth2, tls_config,
// proxy_url, http_headers, ...), strictly: a key it does not know is an error. Paths in it are relative to the file.
// Problems are listed as "file:line: problem"; where prometheus/common tells no line there is none.
func LoadHTTPConfig(file string) (*config.HTTPClientConfig, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading HTTP client config: %w", err)
	}
	c, err := config.LoadHTTPConfig(string(raw))
	if err != nil {
		return nil, positioned(file, err)
	}
	// An empty document is never unmarshalled, and so lacks the defaults.
	if strings.TrimSpace(string(raw)) == "" {
		*c = config.DefaultHTTPClientConfig
	}
	c.SetDirectory(filepath.Dir(file))
	if errs := checkSecretFiles(c); len(errs) > 0 {
		for i := range errs {
			errs[i] = fmt.Errorf("%s: %w", file, errs[i])
		}
		return nil, errors.Join(errs...)
	}
	return c, nil
}

var (
	yamlLine    = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	yamlUnknown = regexp.MustCompile(`^field (\S+) not found in type \S+$`)
	yamlTwice   = regexp.MustCompile(`^field (\S+) already set in type \S+$`)
	yamlType    = regexp.MustCompile(`^cannot unmarshal (!!\S+) (.*) into (\S+)$`)
)

// positioned turns the YAML library's list of errors into ours: position first, no Go types.
func positioned(file string, err error) error {
	var errs []error
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if line == "" || line == "yaml: unmarshal errors:" {
			continue
		}
		m := yamlLine.FindStringSubmatch(line)
		if m == nil {
			errs = append(errs, fmt.Errorf("%s: %s", file, strings.TrimPrefix(line, "yaml: ")))
			continue
		}
		text := yamlUnknown.ReplaceAllString(m[2], `field ("$1") must be one of prometheus' client configuration`)
		text = yamlTwice.ReplaceAllString(text, `field ("$1") must be given once`)
		text = yamlType.ReplaceAllString(text, `value ($2) must be a $3`)
		errs = append(errs, fmt.Errorf("%s:%s: %s", file, m[1], text))
	}
	return errors.Join(errs...)
}
