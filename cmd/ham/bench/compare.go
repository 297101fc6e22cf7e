package bench

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Compare writes two reports beside each other, with ratios of the second to the
// first.
func Compare(w io.Writer, a, b *Report) error {
	var out strings.Builder
	for i, r := range []*Report{a, b} {
		fmt.Fprintf(&out, "%c  %s  %s\n", 'A'+i, r.Started.Format(time.RFC3339), r.Setup.Command)
	}
	for _, d := range differences(a, b) {
		fmt.Fprintf(&out, "not the same: %s\n", d)
	}
	out.WriteByte('\n')
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\tA\tB\tB/A\t\n")
	line := func(name string, a, b float64, show func(float64) string) {
		shown := "-"
		if a != 0 {
			shown = times(b / a)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", name, show(a), show(b), shown)
	}
	perSecond := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	percent := func(v float64) string { return fmt.Sprintf("%.2f", 100*v) }
	line("completed a second", a.Rate, b.Rate, perSecond)
	line("missed, %", a.Counts.Missed(), b.Counts.Missed(), percent)
	both := func(name string, a, b Latency) {
		line(name+" p50, ms", a.P50, b.P50, number)
		line(name+" p90, ms", a.P90, b.P90, number)
		line(name+" p99, ms", a.P99, b.P99, number)
		line(name+" p99.9, ms", a.P999, b.P999, number)
		line(name+" max, ms", a.Max, b.Max, number)
	}
	both("latency", a.Latency, b.Latency)
	for _, s := range a.Steps {
		for _, other := range b.Steps {
			if s.Name == other.Name {
				line(s.Name+" p50, ms", s.Latency.P50, other.Latency.P50, number)
				line(s.Name+" p99, ms", s.Latency.P99, other.Latency.P99, number)
			}
		}
	}
	if a.Baseline != nil && b.Baseline != nil {
		line("baseline a second", a.Baseline.Rate, b.Baseline.Rate, perSecond)
		line("baseline p99, ms", a.Baseline.Latency.P99, b.Baseline.Latency.P99, number)
		multiple := func(v float64) string { return fmt.Sprintf("%.3g", v) }
		line("rate / baseline", a.Baseline.OfRate, b.Baseline.OfRate, multiple)
		line("p50 / baseline", a.Baseline.OfP50, b.Baseline.OfP50, multiple)
		line("p99 / baseline", a.Baseline.OfP99, b.Baseline.OfP99, multiple)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// differences are what makes two reports hard to compare.
func differences(a, b *Report) (all []string) {
	all = differ(all, "scenario", a.Scenario, b.Scenario)
	all = differ(all, "rate", a.Setup.Rate, b.Setup.Rate)
	all = differ(all, "arrivals", a.Setup.Arrivals, b.Setup.Arrivals)
	all = differ(all, "users", a.Setup.Users, b.Setup.Users)
	all = differ(all, "duration in seconds", a.Setup.Seconds, b.Setup.Seconds)
	all = differ(all, "CPUs", a.Machine.CPUs, b.Machine.CPUs)
	all = differ(all, "system", a.Machine.System, b.Machine.System)
	return differ(all, "Go", a.Machine.Go, b.Machine.Go)
}

func differ[T cmp.Ordered](all []string, what string, a, b T) []string {
	if a == b {
		return all
	}
	return append(all, fmt.Sprintf("%s, %v and %v", what, a, b))
}
