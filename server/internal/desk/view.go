package desk

import (
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/web"
)

// view is what the browser that began p may see of it at now, its code drawn.
func (d *Desk) view(p pairing.Pairing, now time.Time) (v web.View, err error) {
	v = d.state(p, now)
	if v.State == string(pairing.Waiting) {
		v.Link = qr.PairingLink(d.PublicURL, d.Codes.At(p.ID, pairing.Step(now.Sub(p.Begun))))
		v.QR, err = d.drawings.of(v.Link, d.Log)
	}
	return v, err
}

// state is view without the code. The check number is in it only while p is
// claimed: before that it does not exist.
func (d *Desk) state(p pairing.Pairing, now time.Time) web.View {
	p.Settle(now)
	v := web.View{State: string(p.State), Version: p.Version, SecondsLeft: seconds(p.Left(now))}
	switch {
	case p.Named():
		v.Account = &web.Account{Nickname: p.Claim.Nickname, Phone: p.ByPasskey()}
		if p.Claim.AvatarURL != "" {
			v.Account.Picture = base(p.Kind) + "/pairing/" + p.ID + "/picture"
		}
	case p.Claim.DeviceID != "":
		v.Account = &web.Account{Nickname: "…"}
	}
	switch p.State {
	case pairing.Waiting:
		age := now.Sub(p.Begun)
		v.CodeSecondsLeft = seconds(time.Duration(pairing.Step(age)+1)*pairing.CodeEvery - age)
	case pairing.Claimed:
		v.Number, v.Contested = p.Claim.Number, p.Claim.Contested
		v.DecideFor = seconds(p.DecideFor())
	case pairing.Approved:
		v.Scopes, v.Finish = p.Granted, finishPath(p)
	case pairing.Denied, pairing.Cancelled:
		if p.Request.RedirectErrors {
			v.Finish = finishPath(p)
		}
	case pairing.Expired, pairing.Finished:
	}
	return v
}

func finishPath(p pairing.Pairing) string { return base(p.Kind) + "/finish?pairing=" + p.ID }
