(function(){var a=document.getElementById('go'),timer
function direct(){var u=a.href.split('#')[0].slice(5),h=a.protocol+a.host,w=navigator.userAgent
if(/iP(hone|ad|od)/i.test(w)&&/^https:(apps|itunes)\.apple\.com$/.test(h))return'itms-apps'+u
if(/Android/i.test(w)&&h=='https:play.google.com')return'intent'+u+'#Intent;scheme=https;package=com.android.vending;S.browser_fallback_url='+encodeURIComponent(a.href)+';end'}
function stop(){clearTimeout(timer)}
a.addEventListener('click',function(){stop();timer=setTimeout(function(){var u=direct();if(u)location.href=u},1500)})
window.addEventListener('pagehide',stop)
document.addEventListener('visibilitychange',stop)})()
