package bench

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	plotWidth  = 19 * vg.Centimeter
	plotHeight = 8 * vg.Centimeter
)

// The lines' colours, which also the colour-blind tell apart (Okabe and Ito).
var (
	blue   = color.RGBA{0, 114, 178, 255}
	orange = color.RGBA{230, 159, 0, 255}
	red    = color.RGBA{213, 94, 0, 255}
)

type line struct {
	name   string
	color  color.Color
	points plotter.XYs
}

// svg draws lines into a picture that stands by itself.
func svg(title, x, y string, logarithmic bool, ticks plot.Ticker, lines ...line) (template.HTML, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	drawn := false
	for _, l := range lines {
		if len(l.points) == 0 {
			continue
		}
		drawn = true
		path, err := plotter.NewLine(l.points)
		if err != nil {
			return "", fmt.Errorf("drawing %s: %w", title, err)
		}
		path.Color, path.Width = l.color, vg.Points(1.5)
		p.Add(path)
		if l.name != "" {
			p.Legend.Add(l.name, path)
		}
	}
	if !drawn {
		return "", nil
	}
	p.X.Tick.Marker = ticks
	if logarithmic {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.Y.Min, p.Y.Max = wholeDecades(p.Y.Min, p.Y.Max)
	} else {
		p.Y.Tick.Marker = plainTicks{}
		p.Y.Min, p.Y.Max = 0, max(1, p.Y.Max*1.25) // with room for the legend
	}
	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(14), 0, 0)) // the last label needs room
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", fmt.Errorf("drawing %s: %w", title, err)
	}
	picture := out.String()
	if i := strings.Index(picture, "<svg"); i > 0 { // what comes before belongs to a file of its own
		picture = picture[i:]
	}
	return template.HTML(picture), nil //nolint:gosec // drawn here, of numbers and our own words
}

// plots are the pictures of a report.
func (r *Report) plots() ([]template.HTML, error) {
	var distribution, p50, p99, most, done, missed plotter.XYs
	for _, c := range r.Curve {
		if c.Percent < 100 {
			distribution = append(distribution, plotter.XY{X: nines(c.Percent), Y: positive(c.MS)})
		}
	}
	for _, m := range r.Timeline {
		if m.Completed > 0 {
			p50 = append(p50, plotter.XY{X: m.At, Y: positive(m.P50)})
			p99 = append(p99, plotter.XY{X: m.At, Y: positive(m.P99)})
			most = append(most, plotter.XY{X: m.At, Y: positive(m.Max)})
		}
		done = append(done, plotter.XY{X: m.At, Y: float64(m.Completed) / r.Slice})
		missed = append(missed, plotter.XY{X: m.At, Y: float64(m.Failed+m.NotStarted) / r.Slice})
	}
	var all []template.HTML
	for _, draw := range []func() (template.HTML, error){
		func() (template.HTML, error) {
			return svg("Latency by percentile", "percentile", "ms", true, percentTicks{}, line{"", blue, distribution})
		},
		func() (template.HTML, error) {
			return svg("Latency over time", "seconds", "ms", true, plainTicks{}, line{"max", orange, most}, line{"p99", red, p99}, line{"p50", blue, p50})
		},
		func() (template.HTML, error) {
			return svg("Arrivals by the time they were due", "seconds", "a second", false, plainTicks{}, line{"completed", blue, done}, line{"failed or not started", red, missed})
		},
	} {
		picture, err := draw()
		if err != nil {
			return nil, err
		}
		if picture != "" {
			all = append(all, picture)
		}
	}
	return all, nil
}

// wholeDecades widens a range so that powers of ten, which are labelled, stand at
// both ends.
func wholeDecades(least, most float64) (from, to float64) {
	from, to = math.Pow10(int(math.Floor(math.Log10(least)))), math.Pow10(int(math.Ceil(math.Log10(most))))
	if from == to {
		to *= 10
	}
	return from, to
}

// nines spreads the slow end of a distribution: 90 % is 1, 99 % is 2.
func nines(percent float64) float64 { return -math.Log10(1 - percent/100) }

// positive is what a logarithmic scale can show.
func positive(ms float64) float64 { return max(ms, 0.001) }

type plainTicks struct{}

// Ticks are the usual ones, labelled without zeros after the point.
func (plainTicks) Ticks(least, most float64) []plot.Tick {
	all := plot.DefaultTicks{}.Ticks(least, most)
	for i := range all {
		if all[i].Label != "" {
			all[i].Label = fmt.Sprintf("%g", all[i].Value)
		}
	}
	return all
}

type percentTicks struct{}

// Ticks names the percentiles that people ask for.
func (percentTicks) Ticks(_, most float64) (all []plot.Tick) {
	for _, percent := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999} {
		if at := nines(percent); at <= most+0.001 {
			all = append(all, plot.Tick{Value: at, Label: fmt.Sprintf("%g", percent)})
		}
	}
	return all
}
