package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes a report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s, %s\n", r.Scenario, r.Setup.Server, r.Started.Format(time.RFC3339))
	fmt.Fprintf(&b, "%g arrivals a second (%s, seed %d) for %gs after %gs, %d users\n", r.Setup.Rate, r.Setup.Arrivals, r.Setup.Seed, r.Setup.Seconds, r.Setup.WarmUp, r.Setup.Users)
	fmt.Fprintf(&b, "latency %s\n\n", r.Measures)
	c := r.Counts
	fmt.Fprintf(&b, "intended %d, completed %d (%.1f a second), failed %d, not started %d\n\n", c.Intended, c.Completed, r.Rate, c.Failed, c.NotStarted)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "ms\tp50\tp90\tp99\tp99.9\tmax\tmean\tcount\t\n")
	row(table, r.Scenario, r.Latency)
	for _, s := range r.Steps {
		row(table, s.Name, s.Latency)
	}
	row(table, "generator's lag", r.Lag)
	if r.Baseline != nil {
		row(table, r.Baseline.What, r.Baseline.Latency)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Baseline != nil {
		fmt.Fprintf(&b, "\nbeside %s by %d callers, %.0f a second: rate %s, p50 %s, p99 %s\n", r.Baseline.What, r.Baseline.Callers, r.Baseline.Rate,
			times(r.Baseline.OfRate), times(r.Baseline.OfP50), times(r.Baseline.OfP99))
	}
	if d := r.Desktops; d != nil {
		fmt.Fprintf(&b, "\ndesktops: all opened in %.1fs; %d open when the measuring began, %d at its end, %d opened again meanwhile\n", d.OpenedFor, d.AtBegin, d.AtEnd, d.OpenedAgain)
	}
	counted(&b, "errors", r.Errors)
	counted(&b, "errors beside the arrivals", r.Beside)
	for _, advice := range r.Advice() {
		fmt.Fprintf(&b, "\n%s\n", advice)
	}
	fmt.Fprintf(&b, "\n%d CPUs, %s, %s, ham %s; prepared in %.1fs\n%s\n", r.Machine.CPUs, r.Machine.System, r.Machine.Go, r.Machine.Program, r.PreparedFor, r.Setup.Command)
	_, err := io.WriteString(w, b.String())
	return err
}

func row(table io.Writer, name string, l Latency) {
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", name, number(l.P50), number(l.P90), number(l.P99), number(l.P999), number(l.Max), number(l.Mean), l.Count)
}

// number shows milliseconds to three digits or so.
func number(ms float64) string {
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.2f", ms)
}

func times(ratio float64) string {
	if ratio >= 100 {
		return fmt.Sprintf("×%.0f", ratio)
	}
	return fmt.Sprintf("×%.2g", ratio)
}

func counted(b *strings.Builder, title string, all []Count) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, c := range all {
		fmt.Fprintf(b, "%8d  %s\n", c.Count, c.What)
	}
}
