package bench

import "testing"

func TestAViewIsReadAsFarAsItIsNeeded(t *testing.T) {
	for text, want := range map[string]view{
		`{"state":"waiting","version":1,"link":"http://localhost/Q/AB","qr":{"size":29,"dark":"0F`:          {State: "waiting", Link: "http://localhost/Q/AB"},
		`{"state":"waiting","version":1,"link":"http://localhost/Q/A\u0026B","qr":{"size":29,"dark":"0F"}}`: {State: "waiting", Link: "http://localhost/Q/A&B"},
		`{"state":"waiting","version":1,"seconds_left":179}`:                                                {State: "waiting"},
		`{"state":"claimed","version":2,"seconds_left":60,"account":{"nickname":"\"state\":"},"number":42}`: {State: "claimed", Number: 42},
		`{"state":"approved","scopes":["profile"],"finish":"/sso-authorize/finish"}`:                        {State: "approved"},
	} {
		if got, err := readView([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "null", "[]", `"state"`, `{"state":`, `{"state":7}`, `{"version":1}`} {
		if got, err := readView([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, got)
		}
	}
}
