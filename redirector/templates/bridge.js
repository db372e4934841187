(function(){var d=document,n=navigator,s=screen,a=d.getElementById('go'),p=location.pathname.replace(/\/+$/,'')+'/enrich',left=0
function tell(step,facts){facts=facts||{};facts.token=a.getAttribute('data-t');facts.step=step;try{n.sendBeacon(p,JSON.stringify(facts))}catch(e){}}
function leave(step){if(!left){left=1;tell(step)}}
var f={screen:{width:s.width,height:s.height,scale:window.devicePixelRatio||1},languages:[].slice.call(n.languages||[n.language],0,10),touch_points:n.maxTouchPoints||0}
try{f.timezone=Intl.DateTimeFormat().resolvedOptions().timeZone}catch(e){}
a.addEventListener('click',function(){leave('tap')})
window.addEventListener('pagehide',function(){leave('auto')})
d.addEventListener('visibilitychange',function(){if(d.visibilityState=='hidden')leave('auto')})
location.replace(a.href)
tell('view',f)})()
