package promapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// lookbackMode is how the wanted lookback gets to the source.
type lookbackMode int32

const (
	lookbackUnknown lookbackMode = iota // not asked yet
	lookbackOwn                         // none wanted: the source's own
	lookbackParam                       // as lookback_delta
	lookbackRange                       // as last_over_time over that range, in the expression
)

// lookback finds out, once, whether the source takes lookback_delta. Sources that do not know the parameter
// (Prometheus 2.42 among them) say nothing when they are given it, so they are given one that cannot be read: who
// complains has read it.
func (c *Client) lookback(ctx context.Context) lookbackMode {
	if c.opts.Lookback == 0 {
		return lookbackOwn
	}
	if m := lookbackMode(c.mode.Load()); m != lookbackUnknown {
		return m
	}
	select {
	case <-ctx.Done():
		return lookbackRange
	case c.probing <- struct{}{}:
	}
	defer func() { <-c.probing }()
	if m := lookbackMode(c.mode.Load()); m != lookbackUnknown {
		return m
	}
	u := c.transport.URL("/api/v1/query", nil)
	q := u.Query()
	q.Set("query", "1")
	q.Set("lookback_delta", "unreadable")
	u.RawQuery = q.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return lookbackRange
	}
	resp, _, err := c.transport.Do(ctx, req) //nolint:bodyclose // Do has read and closed it.
	switch {
	case err != nil:
		// The query itself will say what is wrong; the next one asks again.
		return lookbackRange
	case resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusUnprocessableEntity:
		c.mode.Store(int32(lookbackParam))
	case resp.StatusCode == http.StatusOK:
		c.mode.Store(int32(lookbackRange))
	}
	if m := lookbackMode(c.mode.Load()); m != lookbackUnknown {
		return m
	}
	return lookbackRange
}

// lookbackWarning is what an answer carries when the parameter could not be used.
func (c *Client) lookbackWarning() string {
	return fmt.Sprintf("the source does not take lookback_delta: last_over_time over %s stands in for it", c.opts.Lookback)
}

// withLookback puts last_over_time over the lookback around every instant vector selector that n evaluates. Staleness
// markers are lost by that, so a series that ended is seen for one lookback more. The arguments of timestamp and absent
// stay as they are: both read more from a selector than its value.
func withLookback(n parser.Expr, lookback time.Duration) parser.Expr {
	if n == nil {
		return nil
	}
	in := func(e parser.Expr) parser.Expr { return withLookback(e, lookback) }
	switch n := n.(type) {
	case *parser.VectorSelector:
		return &parser.Call{
			Func: parser.Functions["last_over_time"],
			Args: parser.Expressions{&parser.MatrixSelector{VectorSelector: n, Range: lookback}},
		}
	case *parser.AggregateExpr:
		n.Expr = in(n.Expr)
		if n.Param != nil {
			n.Param = in(n.Param)
		}
	case *parser.BinaryExpr:
		n.LHS, n.RHS = in(n.LHS), in(n.RHS)
	case *parser.Call:
		switch n.Func.Name {
		case "timestamp", "absent", "info":
			return n
		}
		for i := range n.Args {
			n.Args[i] = in(n.Args[i])
		}
	case *parser.ParenExpr:
		n.Expr = in(n.Expr)
	case *parser.UnaryExpr:
		n.Expr = in(n.Expr)
	case *parser.SubqueryExpr:
		n.Expr = in(n.Expr)
	}
	return n
}
