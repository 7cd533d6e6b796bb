package synth

import "math"

// fullAt is the utilization up to which a station's equilibrium is taken; from there on its queue is followed in time,
// since an equilibrium would take longer than a step to come about.
const fullAt = 0.97

// station is a queue with c servers.
type station struct {
	backlog float64 // requests that wait beyond what equilibrium would have
}

// offer gives the station one step of load and returns the mean wait, the share of requests turned away, and its
// utilization. load is in requests a second, service in seconds, dt in seconds; who would wait longer than maxWait is
// turned away.
func (s *station) offer(load, service, servers, maxWait, dt float64) (wait, rejected, rho float64) {
	if load <= 0 || service <= 0 {
		s.backlog = 0
		return 0, 0, 0
	}
	capacity := servers / service
	rho = load / capacity
	s.backlog = max(0, s.backlog+(load-capacity)*dt)
	room := maxWait * capacity
	if s.backlog > room {
		s.backlog = room
		rejected = max(0, 1-capacity/load)
	}
	wait = min(maxWait, waiting(min(rho, fullAt), servers)*service+s.backlog/capacity)
	return wait, rejected, min(rho, 1)
}

// waiting is the mean wait of M/M/c in units of the service time (Sakasegawa 1977).
func waiting(rho, servers float64) float64 {
	if rho <= 0 {
		return 0
	}
	servers = max(servers, 1)
	return power(rho, math.Sqrt(2*(servers+1))-1) / (servers * (1 - rho))
}

// power is x to the y for x above 0, three times as fast as math.Pow and as exact as is needed here.
func power(x, y float64) float64 { return math.Exp(y * math.Log(x)) }

// moments are the mean and the variance of a time in seconds.
type moments struct{ mean, variance float64 }

// plus is the sum of two independent times.
func (m moments) plus(o moments) moments { return moments{m.mean + o.mean, m.variance + o.variance} }

// times is the sum of n calls of that time: of at most one, made with probability n, or of n calls if n is above 1.
func (m moments) times(n float64) moments {
	if n >= 1 {
		return moments{n * m.mean, n * m.variance}
	}
	return moments{n * m.mean, n*m.variance + n*(1-n)*m.mean*m.mean}
}

// fixed is a time with a coefficient of variation.
func fixed(mean, cv float64) moments { return moments{mean, cv * cv * mean * mean} }

// lognormal returns mu and sigma of the lognormal distribution with these moments.
func (m moments) lognormal() (mu, sigma float64) {
	if m.mean <= 0 {
		return math.Inf(-1), 0
	}
	s2 := math.Log1p(m.variance / (m.mean * m.mean))
	return math.Log(m.mean) - s2/2, math.Sqrt(s2)
}

// Normal quantiles.
const (
	z50 = 0.0
	z95 = 1.6448536269514722
	z99 = 2.3263478740408408
)

// quantile is the lognormal quantile at a normal quantile z.
func (m moments) quantile(z float64) float64 {
	mu, sigma := m.lognormal()
	return math.Exp(mu + sigma*z)
}

// farOut is the square of the standard deviations beyond which nothing is expected: the tail of a lognormal distribution
// is below 1e-4 there, at any sigma.
const farOut = 900

// below is the share of times up to t.
func (m moments) below(t float64) float64 {
	if d := t - m.mean; d > 0 && d*d > farOut*m.variance && t > 4*m.mean {
		return 1 // most calls are that far from their time-out, and need no logarithms
	}
	mu, sigma := m.lognormal()
	if sigma == 0 {
		if m.mean <= t {
			return 1
		}
		return 0
	}
	return normal((math.Log(t) - mu) / sigma)
}

// normal is the distribution function of the standard normal distribution.
func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
