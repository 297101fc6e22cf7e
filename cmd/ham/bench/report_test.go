package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sampled is a report of made-up arrivals, each slower than the one before.
func sampled(t *testing.T, slower time.Duration) *Report {
	t.Helper()
	r := newRecorder(0, 3*time.Second)
	start := time.Now()
	for i := range 300 {
		offset := time.Duration(i) * 10 * time.Millisecond
		r.measures(offset)
		if i == 7 {
			r.skipped(offset)
			continue
		}
		a := &arrival{number: i, offset: offset, intended: start.Add(offset)}
		a.began = a.intended
		a.end = a.intended.Add(time.Duration(i+1) * slower)
		a.steps = []step{{"page", slower}}
		var err error
		if i == 8 {
			err = at("page", &statusError{503})
		}
		r.ended(a, err)
		if err == nil {
			r.completed(a.end.Sub(start))
		}
	}
	w := &world{o: Options{Scenario: "logins", Rate: 100, Users: 5, Duration: 3 * time.Second, Command: "ham bench", Program: "v1", Server: "http://localhost:8484"}, target: &Target{URL: "http://localhost:8484"}}
	report := newReport(w, r, &Baseline{What: "GET /healthz", Callers: 8, Rate: 1000, Latency: Latency{P50: 1, P99: 2}})
	report.Started = start.Truncate(time.Second)
	return report
}

func TestAReportCountsWhatThereWas(t *testing.T) {
	r := sampled(t, time.Millisecond)
	if r.Counts != (Counts{Intended: 300, Completed: 298, Failed: 1, NotStarted: 1}) {
		t.Errorf("counts %+v", r.Counts)
	}
	if missed := r.Counts.Missed(); missed < 0.0066 || missed > 0.0067 {
		t.Errorf("missed %g, want 2 of 300", missed)
	}
	if len(r.Errors) != 1 || r.Errors[0] != (Count{"page: status 503 Service Unavailable", 1}) {
		t.Errorf("errors %v", r.Errors)
	}
	if l := r.Latency; l.P50 < 150 || l.P50 > 153 || l.P99 < 296 || l.P99 > 299 || l.Max < 299 || l.Max > 301 {
		t.Errorf("latency %+v", l)
	}
	if len(r.Timeline) != 3 || r.Timeline[0].Completed != 98 || r.Timeline[0].NotStarted != 1 || r.Timeline[2].Completed != 100 || r.Timeline[2].Max < 299 {
		t.Errorf("timeline %+v", r.Timeline)
	}
	if last := r.Curve[len(r.Curve)-1]; last.Percent != 100 || last.MS != r.Latency.Max {
		t.Errorf("the curve ends at %+v", last)
	}
	for i := 1; i < len(r.Curve); i++ {
		if r.Curve[i].Percent <= r.Curve[i-1].Percent || r.Curve[i].MS < r.Curve[i-1].MS {
			t.Errorf("the curve turns back at %+v", r.Curve[i])
		}
	}
	// 271 had completed when the three seconds were over.
	if b := r.Baseline; r.Rate < 90.3 || r.Rate > 90.4 || b.OfRate < 0.0903 || b.OfRate > 0.0904 || b.OfP50 < 150 || b.OfP50 > 153 {
		t.Errorf("ratios %+v", b)
	}
}

func TestTheHTMLReportNeedsNothingElse(t *testing.T) {
	var page bytes.Buffer
	if err := sampled(t, time.Millisecond).WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	if n := strings.Count(text, "<svg"); n != 3 {
		t.Errorf("%d plots, want 3", n)
	}
	for _, want := range []string{"Content-Security-Policy", "p99.9", "logins at http://localhost:8484", "status 503"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|@import|url\(|\s(src|href|on\w+)=`).FindAllString(text, -1); found != nil {
		t.Errorf("the page loads or runs something: %q", found)
	}
}

func TestAReportComesBackFromJSONAndIsCompared(t *testing.T) {
	a, b := sampled(t, time.Millisecond), sampled(t, 2*time.Millisecond)
	b.Setup.Rate = 50
	for _, r := range []**Report{&a, &b} {
		text, err := json.Marshal(*r)
		if err != nil {
			t.Fatal(err)
		}
		if *r, err = ReadReport(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !regexp.MustCompile(`latency p99, ms +29\d +59\d +×2 *\n`).MatchString(text) || !strings.Contains(text, "not the same: rate, 100 and 50") {
		t.Errorf("compared:\n%s", text)
	}
	if _, err := ReadReport(strings.NewReader(`{"kind":"another"}`)); err == nil {
		t.Error("another JSON is taken for a report")
	}
}

func TestKindsOfErrorsHoldNoAddressAndNoCode(t *testing.T) {
	const secret = "the-code"
	broken := &url.Error{Op: "Get", URL: "http://localhost/?code=" + secret, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{at("token", broken), "token: connection refused"},
		{at("a", at("b", &statusError{429})), "a: b: status 429 Too Many Requests"},
		{fmt.Errorf("reading %s: %w", secret, errTimeout), "no answer in time"},
		{errors.New(secret), "another error (*errors.errorString)"},
	} {
		if got := kindOf(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
