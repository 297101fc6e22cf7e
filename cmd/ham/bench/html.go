package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

//go:embed report.html
var reportPage string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"ms": number, "times": times,
	"when": func(t time.Time) string { return t.Format(time.RFC3339) },
}).Parse(reportPage))

// WriteHTML writes a report as one page that needs nothing else: no script, and
// nothing from the network.
func (r *Report) WriteHTML(w io.Writer) error {
	plots, err := r.plots()
	if err != nil {
		return err
	}
	rows := []Step{{r.Scenario, r.Latency}}
	rows = append(rows, r.Steps...)
	rows = append(rows, Step{"generator’s lag", r.Lag})
	if r.Baseline != nil {
		rows = append(rows, Step{r.Baseline.What, r.Baseline.Latency})
	}
	var page strings.Builder
	err = reportTemplate.Execute(&page, struct {
		*Report
		Rows  []Step
		Plots []template.HTML
	}{r, rows, plots})
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err = io.WriteString(w, page.String())
	return err
}
