/* streamer-client, Apache-2.0 */
var r="streamer.cursors";function i(e,t=sessionStorage){let n=a(t).map(([s,o])=>e.follow(s,{afterSeq:o}));return addEventListener("pagehide",()=>t.setItem(r,JSON.stringify(e.cursors()))),n}function a(e){try{return JSON.parse(e.getItem(r)??"[]")}catch{return[]}}export{i as resumeSession};
