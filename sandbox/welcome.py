"""The front page: what there is, in plain text."""

from sandbox.accounts.grants import SANDBOX_APP

WELCOME = f"""\
Signalpost sandbox: a stand-in for TikTok's Business API. Nothing leaves this machine; a restart forgets everything.

As at TikTok (any invented pixel code and token will do for events: the pair is remembered from its first use)
  POST   /open_api/v1.3/event/track/   events of a web pixel; header Access-Token

Its account side, for an account that was loaded or the demo's, under /open_api/v1.3
  GET    /portal/auth                  (at the root) lets an app in: app_id= state= redirect_uri=, for tests
                                       decision=allow|cancel account=
                                       the app that is always there: {SANDBOX_APP.app_id}, secret {SANDBOX_APP.secret}
  POST   /oauth2/access_token/  /oauth2/refresh_token/  /oauth2/revoke_token/
  GET    /oauth2/advertiser/get/  /user/info/  /advertiser/info/
  GET    /bc/get/  /bc/asset/get/  /bc/pixel/link/get/  /pixel/list/  /pixel/event/stats/
  GET    /campaign/get/  /adgroup/get/  /ad/get/  /smart_plus/ad/get/
  GET    /report/integrated/get/       BASIC and, by platform, AUDIENCE
  POST   /report/task/create/          40118: this app is not on the list

To see and steer it
  GET    /_sandbox/events              what was taken: event_id= pixel= event= test= limit= offset=
  GET    /_sandbox/requests            every request as received
  GET    /_sandbox/rejections          what was refused and why: pixel= code=
  POST   /_sandbox/faults              {{"endpoint", "times", "status"|"code"|"delay_s"|"body"|"drop"}}; a partial
                                       success with {{"code": 20001, "rows": [1]}}; "endpoint" is the end of a path:
                                       event/track, report/integrated/get, oauth2/access_token, portal/auth ... or *
                                       GET lists what is waiting, DELETE clears
  POST   /_sandbox/pixels              {{"code", "token", "advertiser_id"?}}
                                       GET lists them, DELETE /_sandbox/pixels/{{code}} removes one
  POST   /_sandbox/tokens/revoke       {{"token"}}; /_sandbox/tokens/restore undoes it
  POST   /_sandbox/limits              {{"qps"?, "qpm"?, "qpd"?}} requests before 40100; {{}} = no limit
  POST   /_sandbox/versions            {{"alive"?: ["v1.3", "v2.0"], "deprecated"?: {{"v1.3": "words of a header"}}}}
  POST   /_sandbox/reset               forgets what was taken and all faults; {{"pixels": true}} the pixels too,
                                       {{"accounts": true}} what was loaded or granted
  GET    /healthz  /readyz

What an account holds (each field is told in sandbox/accounts/records.py, an example in sandbox/accounts/control.py)
  POST   /_sandbox/accounts            {{"account_id"?, "advertisers": [{{"advertiser_id", "currency",
                                       "display_timezone", "pixels", "campaigns", "spend", "corrections", "ttclids"}}],
                                       "business_centers", "apps"}}
                                       GET lists them, DELETE clears, DELETE /_sandbox/accounts/{{account_id}} takes one
  POST   /_sandbox/grants              {{"access_token", "account_id"?, "scope"?, "advertiser_ids"?, "expires_at"?}}
                                       makes a token good, or narrows one; GET lists them
  POST   /_sandbox/spend               {{"advertiser_id", "after_pulls"?, "delete": [{{"ad_id"?, "day"?, "hour"?}}],
                                       "set": [{{"ad_id", "hour", "spend", "impressions", "clicks", "reach"?,
                                       "country"?, "platform"?, "metrics"?}}], "add": [...]}} changes the past
                                       GET ?advertiser_id= &day= lists the rows
"""
