/** What the player script makes of n. */
export function solved(text: string): string {
  return `${reversed(text)}Z${text.length}`;
}

/** What it makes of a signature: yt-dlp learns only where each character goes. */
export function reversed(text: string): string {
  return [...text].reverse().join('');
}

/** Code that nobody calls, of so many bytes at least: what a player script is for the most part. */
export function plausibleCode(bytes: number): string {
  const functions: string[] = [];
  for (let index = 0, length = 0; length < bytes; index += 1) {
    const code =
      `g.F${index}=function(a,b){this.x=a;var c=b||[],d={k${index}:1,name:"part ${index}",list:[1,2,${index}]};` +
      `for(var e=0;e<c.length;e++){if(c[e]===d.name){this.y=c[e]+a.z;break}else{c[e]=(c[e]^${index})%7}}` +
      `try{return this.w?g.h(a,function(f){return f.q(b,d)}):null}catch(f){return f.message||d}};` +
      `g.F${index}.prototype.m=function(a){switch(a){case 1:return this.x;case 2:return[this.y,a];default:return a?-a:void 0}};\n`;
    functions.push(code);
    length += code.length;
  }
  return functions.join('');
}

/**
 * A player script of our own making, in the form in which yt-dlp's solver (2026.10.26) looks for its functions: the one that
 * sets "alr" makes addresses, and their other method changes n. `hostile` runs when the script is loaded.
 */
export function playerScript(hostile: string, more = ''): string {
  return `var _fake={};(function(g){var window=this;
var attack=(function(){${hostile}})();
var Address=function(){this.parts={}};
Address.prototype.set=function(name,value){this.parts[name]=value};
Address.prototype.get=function(name){return this.parts[name]};
Address.prototype.clone=function(){return this};
Address.prototype.close=function(){if(this.parts.n)this.parts.n=turn(this.parts.n)};
var reverse=function(text){return text.split("").reverse().join("")};
var turn=function(text){return reverse(text)+"Z"+text.length};
var make=function(link,name,value){var made=new Address;made.set("alr","yes");
if(value)made.set(name,encodeURIComponent(reverse(decodeURIComponent(value))));return made};
var settings={signatureTimestamp:20500};
${more}})(_fake);`;
}
